-- Which logins may read what is a manager's: the manager's own, and those of the head of the
-- department the manager is in now.
with

managers as (
    select manager_id, department_name from {{ ref('int_managers') }}
    where manager_id <> 'unassigned'
),

logins as (
    select login, manager_id, department_name from {{ ref('manager_logins') }}
),

int_manager_readers as (
    select
        managers.manager_id,
        array_remove(array_agg(distinct logins.login), null) as reader_logins,
        false as is_deleted
    from managers
    left join logins
        on managers.manager_id = logins.manager_id
        or managers.department_name = logins.department_name
    group by managers.manager_id
)

select * from int_manager_readers
