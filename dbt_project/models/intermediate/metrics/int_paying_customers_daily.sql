-- Who paid on a day. Days are not added up to a month: whoever paid twice in it is one customer.
with

payments as (
    select customer_id, paid_date from {{ ref('int_payments') }}
    -- Some exports name no payer.
    where payment_excluded_reason is null and not is_refund and customer_id is not null
),

int_paying_customers_daily as (
    select paid_date as metric_date, customer_id, count(*)::integer as payments_count
    from payments
    group by paid_date, customer_id
)

select * from int_paying_customers_daily
