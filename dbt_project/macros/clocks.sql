{# One zone, one "now", one way from an instant to a business date. #}
{% macro business_timezone() %}
    {{ return(env_var('BUSINESS_TIMEZONE', 'Europe/Moscow')) }}
{% endmacro %}

{# One instant for the whole run: models built seconds apart must agree on who is overdue.
   BUSINESS_NOW lets a test or a replay stand at another moment. #}
{% macro business_now() -%}
    timestamptz '{{ env_var('BUSINESS_NOW', '') or run_started_at.isoformat() }}'
{%- endmacro %}

{# What a snapshot calls now, with its zone: dbt's own is a local time of nowhere. #}
{% macro postgres__snapshot_get_time() -%}
    {{ business_now() }}
{%- endmacro %}

{% macro business_date(instant) -%}
    (({{ instant }}) at time zone '{{ business_timezone() }}')::date
{%- endmacro %}

{# A wall-clock timestamp of the business zone as an instant. #}
{% macro business_instant(local_timestamp) -%}
    (({{ local_timestamp }}) at time zone '{{ business_timezone() }}')
{%- endmacro %}

{% macro business_local(instant) -%}
    (({{ instant }}) at time zone '{{ business_timezone() }}')
{%- endmacro %}

{# The last lead of the month is old enough to have paid. #}
{% macro is_mature_month(month_start) -%}
    ({{ month_start }} + interval '1 month')::date
        <= {{ business_date(business_now()) }} - {{ var('romi_maturity_days') }}
{%- endmacro %}

{# Whether a day is in the period of a row of int_month_comparisons. A period begins with its month,
   so days are found by their month and not one by one. #}
{% macro is_in_period(day) -%}
    month_comparisons.period_start = date_trunc('month', {{ day }})::date
        and month_comparisons.period_end >= {{ day }}
{%- endmacro %}

{# Every month up to the running one, for marts in which a month without anything is a row too. #}
{% macro months_begun() -%}
    select date_trunc('month', calendar_date)::date as month_start from {{ ref('int_calendar') }}
    where calendar_date <= {{ business_date(business_now()) }}
    group by month_start
{%- endmacro %}
