-- The official numbers as they were when their month was closed. A number is frozen once, on the
-- fifth business day after the last day that can change it by nature, and only by publication: what
-- a build left that was never published was told to nobody. No build changes a frozen number, not
-- even with --full-refresh; `dbt run-operation forget_published_month` does (README).
with

remembered as (
    {{ memory({
        "measure": "text",
        "period_start": "date",
        "dimension": "text",
        "dimension_value": "text",
        "published_value": "numeric(18, 2)",
        "due_date": "date",
        "published_at": "timestamptz",
    }, of_published=true) }}
),

numbers as (
    select
        measure,
        date_trunc('month', metric_date)::date as period_start,
        channel,
        manager_id,
        within_days,
        value
    from {{ ref('int_official_numbers_daily') }}
),

calendar as (
    select
        calendar_date,
        is_business_day,
        count(*) filter (where is_business_day) over (order by calendar_date)
            as business_days_passed
    from {{ ref('int_calendar') }}
),

measures as (
    select distinct measure, within_days from numbers
),

months as (
    select distinct date_trunc('month', calendar_date)::date as period_start
    from calendar
    where calendar_date <= {{ business_date(business_now()) }}
),

first_months as (
    select min(period_start) as first_start from numbers
),

-- A month with nothing of a measure has a number too: zero.
periods as (
    select
        measures.measure,
        months.period_start,
        (months.period_start + interval '1 month')::date - 1 + measures.within_days
            as complete_date
    from measures
    cross join months
    inner join first_months
        on months.period_start >= first_months.first_start
),

due_periods as (
    select periods.measure, periods.period_start, due_days.calendar_date as due_date
    from periods
    inner join calendar as last_days
        on periods.complete_date = last_days.calendar_date
    inner join calendar as due_days
        on last_days.business_days_passed + {{ var('numbers_frozen_on_business_day') }}
        = due_days.business_days_passed
        and due_days.is_business_day
    left join remembered
        on periods.measure = remembered.measure
        and periods.period_start = remembered.period_start
        and remembered.dimension = 'total'
    where
        remembered.measure is null
        and due_days.calendar_date <= {{ business_date(business_now()) }}
),

due_numbers as (
    select
        due_periods.measure,
        due_periods.period_start,
        due_periods.due_date,
        numbers.channel,
        numbers.manager_id,
        coalesce(numbers.value, 0) as value
    from due_periods
    left join numbers
        on due_periods.measure = numbers.measure
        and due_periods.period_start = numbers.period_start
),

frozen_now as (
    select
        measure,
        period_start,
        'total' as dimension,
        'total' as dimension_value,
        sum(value) as published_value,
        due_date
    from due_numbers
    group by measure, period_start, due_date
    union all
    select measure, period_start, 'channel', channel, sum(value), due_date
    from due_numbers
    where channel is not null
    group by measure, period_start, due_date, channel
    union all
    select measure, period_start, 'manager', manager_id, sum(value), due_date
    from due_numbers
    where manager_id is not null
    group by measure, period_start, due_date, manager_id
),

published_numbers as (
    select
        measure,
        period_start,
        dimension,
        dimension_value,
        published_value,
        due_date,
        published_at
    from remembered
    union all
    select
        measure,
        period_start,
        dimension,
        dimension_value,
        published_value,
        due_date,
        {{ business_now() }}
    from frozen_now
)

select * from published_numbers
