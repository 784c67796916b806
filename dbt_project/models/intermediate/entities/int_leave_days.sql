-- The days on which a manager is away: no business days for him (macros/business_hours.sql).
with

leave as (
    select * from {{ ref('stg_workbook__leave') }}
),

managers as (
    select stated_manager_name, manager_id from {{ ref('int_workbook_managers_recognised') }}
    where manager_id is not null
),

days as (
    select
        managers.manager_id,
        days_away.day::date as leave_date,
        leave.leave_kind,
        leave.first_date
    from leave
    inner join managers
        on leave.stated_manager_name = managers.stated_manager_name
    cross join lateral generate_series(
        leave.first_date, leave.last_date, interval '1 day'
    ) as days_away (day)
),

-- A day that two leaves claim is one day, of the leave that began first.
int_leave_days as (
    select distinct on (manager_id, leave_date)
        manager_id || ':' || leave_date as leave_day_id,
        manager_id,
        leave_date,
        leave_kind,
        false as is_deleted
    from days
    order by manager_id, leave_date, first_date, leave_kind
)

select * from int_leave_days
