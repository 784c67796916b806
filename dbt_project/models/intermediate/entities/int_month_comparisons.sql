-- Every month beside the month before and the same month a year ago. A running month is compared
-- with the same number of elapsed business days: comparing 12 days with 31 says nothing. A period
-- begins with its month (`is_in_period` counts on it).
with

days as (
    select
        calendar_date,
        date_trunc('month', calendar_date)::date as month_start,
        business_day_of_month
    from {{ ref('int_calendar') }}
),

today as (
    select month_start, business_day_of_month from days
    where calendar_date = {{ business_date(business_now()) }}
),

months as (
    select days.month_start, min(today.business_day_of_month) as elapsed_business_days
    from days
    left join today
        on days.month_start = today.month_start
    where days.calendar_date <= {{ business_date(business_now()) }}
    group by days.month_start
),

periods (period, months_before) as (
    values ('current', 0), ('previous', 1), ('year_ago', 12)
),

int_month_comparisons as (
    select
        months.month_start,
        periods.period,
        days.month_start as period_start,
        max(days.calendar_date) as period_end,
        false as is_deleted
    from months
    cross join periods
    inner join days
        on (months.month_start - periods.months_before * interval '1 month')::date
        = days.month_start
        and (
            months.elapsed_business_days is null
            or days.business_day_of_month <= months.elapsed_business_days
        )
        and days.calendar_date <= {{ business_date(business_now()) }}
    group by months.month_start, periods.period, days.month_start
)

select * from int_month_comparisons
