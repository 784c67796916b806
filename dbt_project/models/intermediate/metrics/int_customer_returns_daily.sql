-- Who came back, and with how much: customers by the day of their first payment and the whole
-- months since. Each is in a month of his own once, so days of first payments add up to cohorts.
with

customers as (
    select customer_id, first_paid_date, first_channel, first_manager_id
    from {{ ref('int_customer_values') }}
),

payments as (
    select customer_id, paid_date, paid_amount, is_refund from {{ ref('int_payments') }}
    where payment_excluded_reason is null and paid_date <= {{ business_date(business_now()) }}
),

shipments as (
    select customer_id, shipped_date, shipped_amount, cost_amount from {{ ref('int_shipments') }}
    where
        shipment_excluded_reason is null
        and shipped_date <= {{ business_date(business_now()) }}
),

events as (
    select
        customer_id,
        paid_date as event_date,
        not is_refund as is_purchase,
        paid_amount as revenue_amount,
        0::numeric as margin_amount
    from payments
    union all
    select customer_id, shipped_date, false, 0, coalesce(shipped_amount - cost_amount, 0)
    from shipments
),

-- What was shipped before the first money is of its day.
aged as (
    select
        events.*,
        customers.first_paid_date,
        customers.first_channel,
        customers.first_manager_id,
        age(
            greatest(events.event_date, customers.first_paid_date), customers.first_paid_date
        ) as age
    from events
    inner join customers
        on events.customer_id = customers.customer_id
),

int_customer_returns_daily as (
    select
        first_paid_date as metric_date,
        (12 * extract(year from age) + extract(month from age))::integer as months_since,
        first_manager_id as manager_id,
        first_channel as channel,
        count(distinct customer_id) filter (where is_purchase)::integer as active_customers_count,
        sum(revenue_amount) as customer_revenue_amount,
        sum(margin_amount) as customer_margin_amount
    from aged
    group by metric_date, months_since, first_manager_id, first_channel
)

select * from int_customer_returns_daily
