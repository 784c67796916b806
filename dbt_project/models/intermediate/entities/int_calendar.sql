-- One row per date of the business zone, with the hours the company works. `opens_at` and
-- `closes_at` are instants, so daylight saving is already in them; `business_minutes_before` is
-- what the business clock (macros/business_hours.sql) shows when the date begins.
{%- set opens = var("business_day_opens_at") -%}
{%- set closes = var("business_day_closes_at") -%}
{%- if opens >= closes -%}
    {{ exceptions.raise_compiler_error(
        "business_day_opens_at is " ~ opens ~ " and business_day_closes_at is " ~ closes
        ~ ": write both as HH:MM, and a day that ends after midnight as one that closes at 24:00"
    ) }}
{%- endif -%}
{%- set country = var("holiday_country") -%}
{%- set suspended = var("holidays_suspended").get(country) %}
with

dates as (
    select day::date as calendar_date
    from generate_series(
        date '{{ var("calendar_first_date") }}',
        {{ business_date(business_now()) }} + 366,
        interval '1 day'
    ) as days (day)
),

-- The dates on which the country does not work as on that day of any other week.
holidays as (
    select holiday_date, holiday_name, day_kind from {{ ref('holidays') }}
    where
        country = '{{ country }}'
        {%- if suspended %}
        and holiday_date
            not between date '{{ suspended.first_date }}' and date '{{ suspended.last_date }}'
        {%- endif %}
),

dates_with_holidays as (
    select
        dates.calendar_date,
        extract(isodow from dates.calendar_date)::integer as weekday_number,
        case when holidays.day_kind = 'day_off' then holidays.holiday_name end as holiday_name,
        coalesce(
            holidays.day_kind <> 'day_off',
            extract(isodow from dates.calendar_date) < 6
        ) as is_business_day,
        dates.calendar_date + time '{{ opens }}' as local_opening,
        dates.calendar_date + time '{{ closes }}' - case
            when holidays.day_kind = 'short_day'
                then interval '{{ var("short_day_shorter_by_minutes") }} minutes'
            else interval '0'
        end as local_closing
    from dates
    left join holidays
        on dates.calendar_date = holidays.holiday_date
),

dates_with_hours as (
    select
        calendar_date,
        weekday_number,
        holiday_name,
        is_business_day,
        case when is_business_day then {{ business_instant('local_opening') }} end as opens_at,
        case when is_business_day then {{ business_instant('local_closing') }} end as closes_at
    from dates_with_holidays
),

dates_with_minutes as (
    select
        *,
        coalesce(extract(epoch from closes_at - opens_at) / 60, 0)::integer as business_minutes
    from dates_with_hours
),

int_calendar as (
    select
        calendar_date,
        weekday_number,
        holiday_name,
        is_business_day,
        opens_at,
        closes_at,
        business_minutes,
        (
            sum(business_minutes) over (order by calendar_date) - business_minutes
        )::integer as business_minutes_before,
        count(*) filter (where is_business_day) over (
            partition by date_trunc('month', calendar_date)
            order by calendar_date
        )::integer as business_day_of_month,
        false as is_deleted
    from dates_with_minutes
)

select * from int_calendar
