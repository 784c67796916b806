-- Whom the workbook means by a name. The directory may say who that is in the CRM; else it is the
-- CRM's user of that name. One who works here is meant before namesakes who left; of two who both
-- do, or both left, nobody is.
with

managers as (
    select manager_id, manager_name, email, is_active from {{ ref('int_managers') }}
    where manager_id <> 'unassigned'
),

directory as (
    select distinct on ({{ name_key('stated_manager_name') }})
        {{ name_key('stated_manager_name') }} as name_key,
        crm_user_name
    from {{ ref('stg_workbook__managers') }}
    where crm_user_name is not null
    order by {{ name_key('stated_manager_name') }}, valid_from_date desc nulls last
),

names as (
    select stated_manager_name from {{ ref('stg_workbook__plans') }}
    union
    select stated_manager_name from {{ ref('stg_workbook__costs') }}
    union
    select stated_manager_name from {{ ref('stg_workbook__leave') }}
    union
    select stated_manager_name from {{ ref('stg_workbook__managers') }}
    union
    select stated_manager_name from {{ ref('stg_workbook__call_reviews') }}
),

names_in_crm as (
    select
        names.stated_manager_name,
        coalesce(directory.crm_user_name, names.stated_manager_name) as crm_user_name
    from names
    left join directory
        on {{ name_key('names.stated_manager_name') }} = directory.name_key
    where names.stated_manager_name is not null
),

candidates as (
    select names_in_crm.stated_manager_name, managers.manager_id, managers.is_active
    from names_in_crm
    left join managers
        on names_in_crm.crm_user_name = managers.manager_id
        or lower(names_in_crm.crm_user_name) = lower(managers.email)
        or {{ name_key('names_in_crm.crm_user_name') }} = {{ name_key('managers.manager_name') }}
),

int_workbook_managers_recognised as (
    select
        stated_manager_name,
        case
            when count(*) filter (where is_active) = 1
                then max(manager_id) filter (where is_active)
            when count(*) = 1 then max(manager_id)
        end as manager_id
    from candidates
    group by stated_manager_name
)

select * from int_workbook_managers_recognised
