-- What a manager has to repair in the CRM, record by record, as of the last check.
with

failing as (
    select * from {{ ref('hygiene_records') }}
    where repaired_by = 'manager'
),

readers as (
    select manager_id, reader_logins from {{ ref('int_manager_readers') }}
),

my_hygiene as (
    select
        failing.hygiene_record_id,
        failing.check_id,
        failing.check_title,
        failing.record_id,
        failing.record_name,
        failing.manager_id,
        failing.manager_name,
        failing.department_name,
        failing.checked_at,
        failing.url,
        coalesce(readers.reader_logins, '{}') as reader_logins
    from failing
    left join readers
        on failing.manager_id = readers.manager_id
)

select * from my_hygiene
