-- Customers by the day of their first payment, and what they came to since. What everybody paid in
-- the first year is asked only of customers who have had one.
with

customers as (
    select customer_id from {{ ref('int_customers') }}
),

purchases as (
    select
        customer_id,
        first_paid_date,
        first_channel,
        first_manager_id,
        sales_count,
        margin_amount,
        margin_12m_amount
    from {{ ref('int_customer_values') }}
),

int_customers_daily as (
    select
        purchases.first_paid_date as metric_date,
        purchases.first_manager_id as manager_id,
        purchases.first_channel as channel,
        count(*)::integer as new_customers_count,
        count(*) filter (where purchases.sales_count >= 2)::integer as repeat_customers_count,
        sum(purchases.margin_amount) as ltv_margin_amount,
        count(purchases.margin_12m_amount)::integer as year_old_customers_count,
        coalesce(sum(purchases.margin_12m_amount), 0) as ltv_12m_margin_amount
    from customers
    inner join purchases
        on customers.customer_id = purchases.customer_id
    group by purchases.first_paid_date, purchases.first_manager_id, purchases.first_channel
)

select * from int_customers_daily
