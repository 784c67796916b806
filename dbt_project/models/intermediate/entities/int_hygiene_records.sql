-- What people have to repair in the CRM: the records that failed a check when it was last made. Who
-- repairs is the check's to say: of a deal without a source it is not the deal's manager.
with

failing_records as (
    select * from {{ ref('stg_quality__failing_records') }}
),

checks as (
    select * from {{ ref('stg_quality__checks') }}
),

managers as (
    select manager_id from {{ ref('int_managers') }}
),

int_hygiene_records as (
    select
        failing_records.check_id || ':' || failing_records.record_id as hygiene_record_id,
        failing_records.check_id,
        checks.check_title,
        checks.repaired_by,
        failing_records.record_id,
        failing_records.record_name,
        failing_records.url,
        coalesce(managers.manager_id, 'unassigned') as manager_id,
        failing_records.checked_at,
        false as is_deleted
    from failing_records
    inner join checks
        on failing_records.check_id = checks.check_id
    left join managers
        on failing_records.manager_id = managers.manager_id
    -- An error is of the feed or of our settings, and no record's.
    where checks.check_severity = 'warning'
)

select * from int_hygiene_records
