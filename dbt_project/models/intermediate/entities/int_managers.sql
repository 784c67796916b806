with

users as (
    select manager_id, manager_name, email, department_name, is_active
    from {{ ref('int_users_unioned') }}
),

deals as (
    select distinct manager_id, manager_name from {{ ref('stg_exports__deals') }}
),

leads as (
    select distinct manager_id, manager_name from {{ ref('stg_exports__leads') }}
),

named_in_exports as (
    select manager_id, max(manager_name) as manager_name
    from (
        select * from deals
        union all
        select * from leads
    ) as named
    where manager_id is not null
    group by manager_id
),

everybody as (
    select manager_id, manager_name, email, department_name, is_active from users
    union all
    select manager_id, manager_name, null, null, true from named_in_exports
),

int_managers as (
    select
        manager_id,
        -- Who has no name, such as one invited who never came, is called by the number.
        coalesce(nullif(trim(manager_name), ''), split_part(manager_id, ':', 3)) as manager_name,
        email,
        department_name,
        is_active,
        false as is_deleted
    from everybody
    union all
    -- Nobody is somebody here, so that totals by manager add up.
    select 'unassigned', 'Не назначен', null, null, false, false
)

select * from int_managers
