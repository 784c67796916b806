with

failing as (
    select * from {{ ref('int_hygiene_records') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

hygiene_records as (
    select
        failing.hygiene_record_id,
        failing.check_id,
        failing.check_title,
        failing.repaired_by,
        failing.record_id,
        failing.record_name,
        failing.manager_id,
        managers.manager_name,
        managers.department_name,
        failing.checked_at,
        failing.url
    from failing
    inner join managers
        on failing.manager_id = managers.manager_id
)

select * from hygiene_records
