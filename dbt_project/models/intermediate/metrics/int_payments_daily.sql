-- Money by the day it came. What no deal explains stands under `(no deal)`, so channels always add
-- up to what finance counts.
with

payments as (
    select payment_id, paid_date from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select deal_id, paid_date, manager_id, allocated_amount, counts_payment
    from {{ ref('int_payment_allocations') }}
),

unmatched_payments as (
    select payment_id, unmatched_amount, is_whole_payment from {{ ref('int_unmatched_payments') }}
),

deals as (
    select deal_id, channel from {{ ref('int_deals') }}
),

shares_with_deal as (
    select
        allocations.paid_date as metric_date,
        allocations.manager_id,
        deals.channel,
        allocations.allocated_amount as amount,
        allocations.counts_payment
    from allocations
    inner join deals
        on allocations.deal_id = deals.deal_id
),

shares_without_deal as (
    select
        payments.paid_date as metric_date,
        'unassigned' as manager_id,
        '(no deal)' as channel,
        unmatched_payments.unmatched_amount as amount,
        unmatched_payments.is_whole_payment as counts_payment
    from unmatched_payments
    inner join payments
        on unmatched_payments.payment_id = payments.payment_id
),

shares as (
    select * from shares_with_deal
    union all
    select * from shares_without_deal
),

int_payments_daily as (
    select
        metric_date,
        manager_id,
        channel,
        count(*) filter (where counts_payment)::integer as payments_count,
        sum(amount) as revenue_amount
    from shares
    group by metric_date, manager_id, channel
)

select * from int_payments_daily
