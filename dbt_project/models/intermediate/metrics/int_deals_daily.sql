-- Deals by the day of each of their events: created, closed, first paid.
with

deals as (
    select
        created_date,
        closed_at,
        first_paid_at,
        manager_id,
        channel,
        status,
        budget_amount,
        bookings_amount,
        paid_amount
    from {{ ref('int_deals') }}
    where deal_excluded_reason is null
),

deal_events as (
    select created_date as metric_date, 'created' as event, * from deals
    union all
    select {{ business_date('closed_at') }}, status, * from deals
    where status in ('won', 'lost')
    union all
    select {{ business_date('first_paid_at') }}, 'first_paid', * from deals
    where paid_amount > 0
),

int_deals_daily as (
    select
        metric_date,
        manager_id,
        channel,
        count(*) filter (where event = 'created')::integer as deals_count,
        count(*) filter (where event = 'won')::integer as won_deals_count,
        count(*) filter (where event = 'lost')::integer as lost_deals_count,
        coalesce(sum(bookings_amount) filter (where event = 'won'), 0) as bookings_amount,
        coalesce(sum(budget_amount) filter (where event = 'lost'), 0) as lost_amount,
        count(*) filter (where event = 'first_paid')::integer as sales_count,
        coalesce(sum(paid_amount) filter (where event = 'first_paid'), 0) as sales_paid_amount
    from deal_events
    group by metric_date, manager_id, channel
)

select * from int_deals_daily
