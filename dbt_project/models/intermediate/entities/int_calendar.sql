-- One row per date of the business zone, with the hours the company works. `opens_at` and
-- `closes_at` are instants, so daylight saving is already in them.
{%- set opens_at = var("business_day_opens_at") -%}
{%- set closes_at = var("business_day_closes_at") %}
with

dates as (
    select day::date as calendar_date
    from generate_series(
        date '{{ var("calendar_first_date") }}',
        {{ business_date(business_now()) }} + 366,
        interval '1 day'
    ) as days (day)
),

holidays as (
    select holiday_date, holiday_name from {{ ref('holidays') }}
    where country = '{{ var("holiday_country") }}'
),

dates_with_holidays as (
    select
        dates.calendar_date,
        extract(isodow from dates.calendar_date)::integer as weekday_number,
        holidays.holiday_name,
        extract(isodow from dates.calendar_date) < 6
        and holidays.holiday_date is null as is_business_day
    from dates
    left join holidays
        on dates.calendar_date = holidays.holiday_date
),

int_calendar as (
    select
        calendar_date,
        weekday_number,
        holiday_name,
        is_business_day,
        case
            when is_business_day
                then {{ business_instant("calendar_date + time '" ~ opens_at ~ "'") }}
        end as opens_at,
        case
            when is_business_day
                then {{ business_instant("calendar_date + time '" ~ closes_at ~ "'") }}
        end as closes_at,
        count(*) filter (where is_business_day) over (
            partition by date_trunc('month', calendar_date)
            order by calendar_date
        )::integer as business_day_of_month,
        false as is_deleted
    from dates_with_holidays
)

select * from int_calendar
