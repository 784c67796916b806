-- The company's own directory: what somebody is from which day on.
with

directory as (
    select * from {{ ref('stg_workbook__managers') }}
),

managers as (
    select stated_manager_name, manager_id from {{ ref('int_workbook_managers_recognised') }}
),

departments as (
    select stated_department_name, department_name
    from {{ ref('int_workbook_departments_recognised') }}
),

int_employees as (
    select
        directory.workbook_row_id as employee_span_id,
        coalesce(managers.manager_id, '(unmatched)') as manager_id,
        directory.stated_manager_name,
        directory.employee_role,
        coalesce(departments.department_name, directory.stated_department_name)
            as department_name,
        directory.team_name,
        directory.chat_name,
        directory.valid_from_date,
        lead(directory.valid_from_date) over (
            partition by {{ name_key('directory.stated_manager_name') }}
            order by directory.valid_from_date nulls first
        ) as valid_before_date,
        directory.sheet_name,
        directory.row_number,
        false as is_deleted
    from directory
    left join managers
        on directory.stated_manager_name = managers.stated_manager_name
    left join departments
        on directory.stated_department_name = departments.stated_department_name
)

select * from int_employees
