-- A person of several departments is shown in the first one.
with

users as (
    select * from {{ source('raw_bitrix24', 'users') }}
),

departments as (
    select account_name, id::text as department_id, name
    from {{ source('raw_bitrix24', 'departments') }}
),

stg_bitrix24__users as (
    select
        {{ source_key('bitrix24', 'users.account_name', 'users.id::text') }} as manager_id,
        nullif(concat_ws(' ', users.name, users.last_name), '') as manager_name,
        {{ normalised_email('users.email') }} as email,
        departments.name as department_name,
        coalesce(users.active, true) as is_active
    from users
    left join departments
        on users.account_name = departments.account_name
        and departments.department_id = users.department_ids ->> 0
)

select * from stg_bitrix24__users
