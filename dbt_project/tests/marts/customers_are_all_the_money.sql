-- The money of all customers is all the money, in their list and in their cohorts, whose customers
-- are the listed ones and whose margin is that of the list.
with

-- But for payers nobody names, money to come, and who only ever got money back.
payments as (
    select customer_id, paid_amount, is_refund from {{ ref('int_payments') }}
    where
        payment_excluded_reason is null
        and customer_id is not null
        and paid_date <= {{ business_date(business_now()) }}
),

measures as (
    select sum(paid_amount) as revenue_amount from payments
    where customer_id in (select payments.customer_id from payments where not payments.is_refund)
),

listed as (
    select
        count(*) as customers_count,
        sum(revenue_amount) as revenue_amount,
        sum(margin_amount) as margin_amount,
        sum(is_repeat::integer) as repeat_customers_count
    from {{ ref('customers') }}
),

returns as (
    select sum(customer_margin_amount) as margin_amount
    from {{ ref('int_customer_returns_daily') }}
),

cohorts as (
    select
        sum(new_customers_count) filter (where months_since = 0) as customers_count,
        sum(customer_revenue_amount) as revenue_amount,
        sum(repeat_customers_count) filter (where months_since = 0) as repeat_customers_count,
        sum(new_customers_count - active_customers_count) filter (where months_since = 0)
            as inactive_customers_count
    from {{ ref('customer_cohorts_monthly') }}
)

select measures.revenue_amount, listed.customers_count
from measures
cross join listed
cross join cohorts
cross join returns
where
    measures.revenue_amount <> listed.revenue_amount
    or measures.revenue_amount <> cohorts.revenue_amount
    or listed.margin_amount <> returns.margin_amount
    or listed.customers_count <> cohorts.customers_count
    or listed.repeat_customers_count <> cohorts.repeat_customers_count
    or cohorts.inactive_customers_count <> 0
