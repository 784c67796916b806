-- How the records of each responsible stood when the day's last check was made. A day on which
-- nobody checked has no row, and is no day on which all was well.
with

checks as (
    select * from {{ ref('stg_quality__checks') }}
    where check_severity = 'warning'
),

managers as (
    select manager_id from {{ ref('int_managers') }}
),

checked_records as (
    select
        checked.check_id,
        coalesce(managers.manager_id, 'unassigned') as responsible_id,
        checked.checked_at,
        checked.checked_records_count,
        checked.failing_records_count
    from {{ ref('stg_quality__checked_records') }} as checked
    left join managers
        on checked.manager_id = managers.manager_id
),

last_checks as (
    select
        check_id,
        {{ business_date('checked_at') }} as metric_date,
        max(checked_at) as checked_at
    from checked_records
    group by check_id, metric_date
),

int_hygiene_daily as (
    select
        last_checks.metric_date,
        checks.check_id,
        checked_records.responsible_id as manager_id,
        checks.check_title,
        checks.repaired_by,
        checks.limit_share,
        {{ hygiene_weight('checks.check_id') }} as check_weight,
        last_checks.checked_at,
        sum(checked_records.checked_records_count)::integer as checked_records_count,
        sum(checked_records.failing_records_count)::integer as failing_records_count
    from last_checks
    inner join checked_records
        on last_checks.check_id = checked_records.check_id
        and last_checks.checked_at = checked_records.checked_at
    inner join checks
        on last_checks.check_id = checks.check_id
    group by
        last_checks.metric_date,
        checks.check_id,
        checked_records.responsible_id,
        checks.check_title,
        checks.repaired_by,
        checks.limit_share,
        last_checks.checked_at
)

select * from int_hygiene_daily
