{# The business clock: how much of a span lies in hours the company works. It stands still outside
   opening hours, on days off and, where `leave` is given, on a person's leave days.

   int_calendar holds what the clock shows when each date begins, so a span costs two look-ups by
   date however long it is, and not a row for every day between. Being differences of one clock,
   spans add up: from a to b and from b to c make from a to c.

   with_business_minutes is the body of a CTE: the rows of `spans` with one more column, named by
   `minutes`: numeric, exact to the microsecond, negative when the end lies before the start, null
   when an end is missing or outside the calendar. A span that is still open ends now:
   pass a column that says so.

       answers_timed as (
           {{ with_business_minutes('answers', 'created_at', 'answered_at', 'response_minutes') }}
       ),

   `leave` is a relation with a row per leave day, its date in leave_date and whose it is in the
   column named by `person`, a text id that `spans` has too. Who has no leave, or is nobody, has the
   company's clock. #}
{% macro with_business_minutes(spans, from_at, until_at, minutes, leave=none, person=none) -%}
{%- if leave -%}
with

{{ clock_days_of_persons(leave, person) }}

{% endif -%}
{%- set clock_days = 'clock_days' if leave else ref('int_calendar') -%}
select
    spans.*,
    {{ business_clock('spans.' ~ until_at, 'until_day') }}
    - {{ business_clock('spans.' ~ from_at, 'from_day') }} as {{ minutes }}
from {{ spans }} as spans
{%- if leave %}
left join people_with_leave
    on spans.{{ person }} = people_with_leave.{{ person }}
{%- endif %}
left join {{ clock_days }} as from_day
    on {{ business_date('spans.' ~ from_at) }} = from_day.calendar_date
    {%- if leave %}
    and coalesce(people_with_leave.{{ person }}, '') = from_day.{{ person }}
    {%- endif %}
left join {{ clock_days }} as until_day
    on {{ business_date('spans.' ~ until_at) }} = until_day.calendar_date
    {%- if leave %}
    and coalesce(people_with_leave.{{ person }}, '') = until_day.{{ person }}
    {%- endif %}
{%- endmacro %}

{# What the clock shows at an instant of the given day, in minutes since the calendar's first date.
   A day off has no opening, and `greatest` passes over the null: the clock stands. #}
{% macro business_clock(instant, day) -%}
    ({{ day }}.business_minutes_before + greatest(
        extract(epoch from least({{ instant }}, {{ day }}.closes_at) - {{ day }}.opens_at) / 60, 0
    ))
{%- endmacro %}

{# int_calendar for the company (its person is '') and for each person with leave, whose leave days
   are days off. #}
{% macro clock_days_of_persons(leave, person) -%}
leave_days as (
    select {{ person }}, leave_date from {{ leave }}
    group by {{ person }}, leave_date
),

people_with_leave as (
    select {{ person }} from leave_days
    group by {{ person }}
),

clock_days as (
    select '' as {{ person }}, calendar_date, opens_at, closes_at, business_minutes_before
    from {{ ref('int_calendar') }}
    union all
    select
        people_with_leave.{{ person }},
        calendar.calendar_date,
        case when leave_days.leave_date is null then calendar.opens_at end,
        calendar.closes_at,
        coalesce(
            sum(calendar.business_minutes) filter (where leave_days.leave_date is null) over (
                partition by people_with_leave.{{ person }}
                order by calendar.calendar_date
                rows between unbounded preceding and 1 preceding
            ),
            0
        )
    from people_with_leave
    cross join {{ ref('int_calendar') }} as calendar
    left join leave_days
        on people_with_leave.{{ person }} = leave_days.{{ person }}
        and calendar.calendar_date = leave_days.leave_date
)
{%- endmacro %}
