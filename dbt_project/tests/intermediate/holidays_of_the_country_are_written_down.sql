{{ config(severity='warn') }}
-- A year of which the seed knows no holiday of our country is worked through: its business minutes
-- are too many. Said from two months before the year begins; the decree for it is out by then.
with

calendar as (
    select extract(year from calendar_date) as calendar_year from {{ ref('int_calendar') }}
    where
        calendar_date between {{ business_date(business_now()) }}
        and {{ business_date(business_now()) }} + 60
),

holidays as (
    select extract(year from holiday_date) as calendar_year from {{ ref('holidays') }}
    where country = '{{ var("holiday_country") }}'
)

select '{{ var("holiday_country") }}' as country, calendar.calendar_year
from calendar
left join holidays
    on calendar.calendar_year = holidays.calendar_year
where holidays.calendar_year is null
group by calendar.calendar_year
