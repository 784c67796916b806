-- The accountant's lists, the money by month, manager and channel and the contribution say of every
-- month what the measures say. Months to come, of which a document may be dated, are listed only.
with

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        sum(payments_count) as payments_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('int_payments_daily') }}
    group by month_start
),

listed as (
    select
        date_trunc('month', paid_date)::date as month_start,
        count(*) as payments_count,
        sum(paid_amount) as revenue_amount,
        sum(allocated_amount + unmatched_amount) as explained_amount
    from {{ ref('payments') }}
    group by month_start
),

by_manager_and_channel as (
    select
        month_start,
        sum(payments_count) as payments_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('money_monthly') }}
    group by month_start
),

contributed as (
    select month_start, revenue_amount from {{ ref('contribution_monthly') }}
),

unmatched as (
    select coalesce(sum(unmatched_amount), 0) as unmatched_amount
    from {{ ref('unmatched_payments') }}
),

allocated as (
    select coalesce(sum(allocated_amount), 0) as allocated_amount
    from {{ ref('payment_allocations') }}
),

costs as (
    select metric_date as month_start, sum(costs_amount) as costs_amount
    from {{ ref('int_costs_daily') }}
    where metric_date <= {{ business_date(business_now()) }}
    group by metric_date
),

costs_of_contribution as (
    select month_start, costs_amount from {{ ref('contribution_monthly') }}
    where costs_amount <> 0
),

counts_by_manager_and_channel as (
    select month_start, manager_id, channel, payments_count as difference
    from {{ ref('money_monthly') }}
    union all
    select date_trunc('month', paid_date)::date, manager_id, channel, -1
    from {{ ref('payments') }}
    where date_trunc('month', paid_date) <= {{ business_date(business_now()) }}
),

every_month as (
    select
        month_start,
        coalesce(measures.payments_count, 0) as payments_count,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        coalesce(listed.payments_count, 0) as listed_count,
        coalesce(listed.revenue_amount, 0) as listed_amount,
        coalesce(listed.explained_amount, 0) as explained_amount,
        coalesce(by_manager_and_channel.payments_count, 0) as money_monthly_count,
        coalesce(by_manager_and_channel.revenue_amount, 0) as money_monthly_amount,
        coalesce(contributed.revenue_amount, 0) as contributed_amount
    from measures
    full join listed using (month_start)
    full join by_manager_and_channel using (month_start)
    full join contributed using (month_start)
)

select month_start::text as what, revenue_amount from every_month
where
    payments_count <> listed_count
    or revenue_amount <> listed_amount
    or revenue_amount <> explained_amount
    or month_start <= {{ business_date(business_now()) }} and (
        payments_count <> money_monthly_count
        or revenue_amount <> money_monthly_amount
        or revenue_amount <> contributed_amount
    )
union all
select 'unmatched and allocated', unmatched.unmatched_amount + allocated.allocated_amount
from unmatched
cross join allocated
where
    unmatched.unmatched_amount + allocated.allocated_amount
    <> (select sum(every_month.revenue_amount) from every_month)
union all
select concat_ws(' ', month_start, manager_id, channel), sum(difference)
from counts_by_manager_and_channel
group by month_start, manager_id, channel
having sum(difference) <> 0
union all
select 'costs of ' || month_start, costs.costs_amount
from costs
full join costs_of_contribution using (month_start)
where costs.costs_amount is distinct from costs_of_contribution.costs_amount
