-- Each check by the manager whose records it looks at, as of its last run of the week.
with

checked as (
    select * from {{ ref('int_hygiene_daily') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

last_days as (
    select check_id, max(metric_date) as metric_date
    from checked
    group by date_trunc('week', metric_date), check_id
),

hygiene_checks_weekly as (
    select
        date_trunc('week', checked.metric_date)::date as week_start,
        checked.check_id,
        checked.check_title,
        checked.repaired_by,
        checked.manager_id,
        managers.manager_name,
        managers.department_name,
        checked.checked_at,
        checked.checked_records_count,
        checked.failing_records_count,
        {{ failing_records_share('checked') }} as failing_records_share,
        checked.limit_share,
        checked.check_weight
    from checked
    inner join last_days
        on checked.check_id = last_days.check_id
        and checked.metric_date = last_days.metric_date
    inner join managers
        on checked.manager_id = managers.manager_id
)

select * from hygiene_checks_weekly
