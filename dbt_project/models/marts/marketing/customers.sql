-- Every customer who ever paid: how recently, how often and how much, and what follows from it.
with

paying_customers as (
    select
        customer_id,
        first_paid_date,
        last_paid_date,
        first_channel,
        first_manager_id,
        sales_count,
        revenue_amount,
        margin_amount,
        margin_12m_amount,
        purchase_interval_median_days
    from {{ ref('int_customer_values') }}
),

named_customers as (
    select customer_id, customer_name, tax_number from {{ ref('int_customers') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

ranked as (
    select
        *,
        {{ business_date(business_now()) }} - last_paid_date as days_since_paid,
        cume_dist() over (order by revenue_amount) as revenue_rank_share
    from paying_customers
),

scored as (
    select
        *,
        case
            when days_since_paid <= {{ var('rfm_recency_days')[0] }} then 3
            when days_since_paid <= {{ var('rfm_recency_days')[1] }} then 2
            else 1
        end as rfm_recency,
        case
            when sales_count >= {{ var('rfm_frequency_sales')[1] }} then 3
            when sales_count >= {{ var('rfm_frequency_sales')[0] }} then 2
            else 1
        end as rfm_frequency,
        case
            when revenue_rank_share > {{ var('rfm_money_shares')[1] }} then 3
            when revenue_rank_share > {{ var('rfm_money_shares')[0] }} then 2
            else 1
        end as rfm_money
    from ranked
),

customers as (
    select
        scored.customer_id,
        named_customers.customer_name,
        named_customers.tax_number,
        scored.first_channel,
        scored.first_manager_id,
        managers.manager_name as first_manager_name,
        scored.first_paid_date,
        scored.last_paid_date,
        scored.days_since_paid,
        scored.sales_count,
        scored.sales_count >= 2 as is_repeat,
        scored.purchase_interval_median_days,
        scored.revenue_amount,
        scored.margin_amount,
        scored.margin_12m_amount,
        '{{ company_currency() }}' as currency_code,
        scored.rfm_recency,
        scored.rfm_frequency,
        scored.rfm_money,
        case
            when scored.rfm_recency = 3 and scored.rfm_frequency = 3 then 'champion'
            when scored.rfm_recency = 3 and scored.rfm_frequency = 2 then 'loyal'
            when scored.rfm_recency = 3 then 'new'
            when scored.rfm_recency = 2 and scored.rfm_frequency > 1 then 'cooling'
            when scored.rfm_recency = 2 then 'one_off'
            when scored.rfm_frequency > 1 or scored.rfm_money = 3 then 'lost_valuable'
            else 'lost'
        end as rfm_segment
    from scored
    left join named_customers
        on scored.customer_id = named_customers.customer_id
    left join managers
        on scored.first_manager_id = managers.manager_id
)

select * from customers
