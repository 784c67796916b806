-- What every customer who ever paid has come to: first and last money, sales, revenue and margin.
-- Revenue is all the money of the customer, also what no deal explains; a sale is a deal with net
-- money that the customer paid for.
with

payments as (
    select payment_id, customer_id, paid_at, paid_date, paid_amount, is_refund
    from {{ ref('int_payments') }}
    -- Some exports name no payer. What is dated later than today has not happened.
    where
        payment_excluded_reason is null
        and customer_id is not null
        and paid_date <= {{ business_date(business_now()) }}
),

allocations as (
    select payment_id, deal_id, manager_id, counts_payment from {{ ref('int_payment_allocations') }}
),

deals as (
    select deal_id, channel, paid_amount from {{ ref('int_deals') }}
),

shipments as (
    select customer_id, shipped_date, shipped_amount, cost_amount from {{ ref('int_shipments') }}
    where
        shipment_excluded_reason is null
        and shipped_date <= {{ business_date(business_now()) }}
),

money as (
    select
        customer_id,
        min(paid_date) filter (where not is_refund) as first_paid_date,
        max(paid_date) filter (where not is_refund) as last_paid_date,
        sum(paid_amount) as revenue_amount
    from payments
    group by customer_id
),

-- Which channel and manager won the customer: those of the first payment.
first_payments as (
    select distinct on (payments.customer_id)
        payments.customer_id,
        coalesce(deals.channel, '(no deal)') as first_channel,
        coalesce(allocations.manager_id, 'unassigned') as first_manager_id
    from payments
    left join allocations
        on payments.payment_id = allocations.payment_id
        and allocations.counts_payment
    left join deals
        on allocations.deal_id = deals.deal_id
    where not payments.is_refund
    order by payments.customer_id, payments.paid_at, payments.payment_id
),

sales as (
    select
        payments.customer_id,
        allocations.deal_id,
        min(payments.paid_date) filter (where not payments.is_refund) as sold_date
    from payments
    inner join allocations
        on payments.payment_id = allocations.payment_id
    inner join deals
        on allocations.deal_id = deals.deal_id
        and deals.paid_amount > 0
    group by payments.customer_id, allocations.deal_id
),

sales_in_order as (
    select
        customer_id,
        sold_date - lag(sold_date) over (partition by customer_id order by sold_date, deal_id)
            as days_since_sale_before
    from sales
),

sales_of_customers as (
    select
        customer_id,
        count(*)::integer as sales_count,
        percentile_cont(0.5) within group (order by days_since_sale_before)::numeric(12, 1)
            as purchase_interval_median_days
    from sales_in_order
    group by customer_id
),

goods as (
    select
        money.customer_id,
        sum(shipments.shipped_amount - shipments.cost_amount) as margin_amount,
        sum(shipments.shipped_amount - shipments.cost_amount)
            filter (where shipments.shipped_date < money.first_paid_date + 365)
            as margin_12m_amount
    from money
    inner join shipments
        on money.customer_id = shipments.customer_id
    group by money.customer_id
),

int_customer_values as (
    select
        money.customer_id,
        money.first_paid_date,
        money.last_paid_date,
        first_payments.first_channel,
        first_payments.first_manager_id,
        coalesce(sales_of_customers.sales_count, 0) as sales_count,
        money.revenue_amount,
        coalesce(goods.margin_amount, 0) as margin_amount,
        case
            when money.first_paid_date + 365 <= {{ business_date(business_now()) }}
                then coalesce(goods.margin_12m_amount, 0)
        end as margin_12m_amount,
        sales_of_customers.purchase_interval_median_days,
        false as is_deleted
    from money
    inner join first_payments
        on money.customer_id = first_payments.customer_id
    left join sales_of_customers
        on money.customer_id = sales_of_customers.customer_id
    left join goods
        on money.customer_id = goods.customer_id
)

select * from int_customer_values
