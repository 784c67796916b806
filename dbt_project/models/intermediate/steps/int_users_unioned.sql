{%- set columns -%}
    manager_id,
    manager_name,
    email,
    department_name,
    is_active
{%- endset -%}
with

int_users_unioned as (
    select {{ columns }} from {{ ref('stg_amocrm__users') }}
    union all
    select {{ columns }} from {{ ref('stg_bitrix24__users') }}
)

select * from int_users_unioned
