-- The CRM's department that the workbook means by a name.
with

departments as (
    select distinct department_name from {{ ref('int_managers') }}
    where department_name is not null
),

names as (
    select stated_department_name from {{ ref('stg_workbook__plans') }}
    union
    select stated_department_name from {{ ref('stg_workbook__costs') }}
    union
    select stated_department_name from {{ ref('stg_workbook__managers') }}
),

int_workbook_departments_recognised as (
    select names.stated_department_name, min(departments.department_name) as department_name
    from names
    left join departments
        on {{ name_key('names.stated_department_name') }}
        = {{ name_key('departments.department_name') }}
    where names.stated_department_name is not null
    group by names.stated_department_name
)

select * from int_workbook_departments_recognised
