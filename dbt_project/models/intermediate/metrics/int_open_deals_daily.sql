-- Open deals at the end of each day, by whoever was responsible for them then. A deal that was
-- closed and opened again counts as open all along: its present closing alone is known to be one.
with

deals as (
    select deal_id, created_date, {{ business_date('closed_at') }} as closed_date
    from {{ ref('int_deals') }}
    where deal_excluded_reason is null and not is_deleted
),

responsible as (
    select
        deal_id,
        manager_id,
        {{ business_date("greatest(valid_from, timestamptz '1970-01-01Z')") }} as from_date,
        {{ business_date("least(valid_to, timestamptz '2999-01-01Z')") }} as to_date
    from {{ ref('int_deal_spans_by_responsible') }}
),

calendar as (
    select calendar_date from {{ ref('int_calendar') }}
    where calendar_date <= {{ business_date(business_now()) }}
),

spans as (
    select
        coalesce(responsible.manager_id, 'unassigned') as manager_id,
        greatest(deals.created_date, responsible.from_date) as first_date,
        least(deals.closed_date, responsible.to_date) as end_date
    from deals
    left join responsible
        on deals.deal_id = responsible.deal_id
),

-- From the first evening they are open to the first one they are not.
changes as (
    select manager_id, first_date as change_date, 1 as change
    from spans
    where first_date < end_date
    union all
    select manager_id, end_date, -1
    from spans
    where first_date < end_date
),

changes_daily as (
    select manager_id, change_date, sum(change) as change
    from changes
    group by manager_id, change_date
),

first_dates as (
    select manager_id, min(change_date) as first_date
    from changes_daily
    group by manager_id
),

int_open_deals_daily as (
    select
        calendar.calendar_date as metric_date,
        first_dates.manager_id,
        (
            sum(coalesce(changes_daily.change, 0)) over (
                partition by first_dates.manager_id
                order by calendar.calendar_date
            )
        )::integer as open_deals_count
    from first_dates
    inner join calendar
        on first_dates.first_date <= calendar.calendar_date
    left join changes_daily
        on first_dates.manager_id = changes_daily.manager_id
        and calendar.calendar_date = changes_daily.change_date
)

select * from int_open_deals_daily
