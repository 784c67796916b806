-- How well each manager fills in the CRM, as of the last check of the week. Only what a manager
-- repairs counts; the company is all managers' records together, and not the mean of their scores.
with

checked as (
    select
        week_start,
        check_id,
        manager_id,
        check_weight,
        checked_at,
        checked_records_count,
        failing_records_count
    from {{ ref('hygiene_checks_weekly') }}
    where repaired_by = 'manager'
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

by_check as (
    select
        week_start,
        manager_id,
        check_id,
        check_weight,
        max(checked_at) as checked_at,
        sum(checked_records_count)::integer as checked_records_count,
        sum(failing_records_count)::integer as failing_records_count
    from checked
    group by grouping sets (
        (week_start, check_id, check_weight, manager_id), (week_start, check_id, check_weight)
    )
),

weighed as (
    select
        week_start,
        manager_id,
        max(checked_at) as checked_at,
        count(*)::integer as checks_count,
        count(*) filter (where failing_records_count > 0)::integer as failed_checks_count,
        sum(checked_records_count)::integer as checked_records_count,
        sum(failing_records_count)::integer as failing_records_count,
        sum(check_weight) as checks_weight,
        sum(check_weight * {{ passed_records_share('by_check') }}) as passed_weight
    from by_check
    where checked_records_count > 0
    group by week_start, manager_id
),

scores as (
    select *, {{ hygiene_score('weighed') }} as hygiene_score
    from weighed
),

companies as (
    select * from scores
    where manager_id is null
),

hygiene_weekly as (
    select
        scores.week_start,
        scores.manager_id,
        managers.manager_name,
        managers.department_name,
        scores.checked_at,
        scores.checks_count,
        scores.failed_checks_count,
        scores.checked_records_count,
        scores.failing_records_count,
        scores.hygiene_score,
        companies.hygiene_score as company_hygiene_score,
        previous.hygiene_score as previous_week_hygiene_score,
        scores.hygiene_score - previous.hygiene_score as hygiene_score_change
    from scores
    inner join managers
        on scores.manager_id = managers.manager_id
    inner join companies
        on scores.week_start = companies.week_start
    left join scores as previous
        on scores.manager_id = previous.manager_id
        and scores.week_start - 7 = previous.week_start
)

select * from hygiene_weekly
