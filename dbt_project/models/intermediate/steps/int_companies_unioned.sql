{%- set columns -%}
    company_id,
    company_name,
    tax_number,
    created_at,
    is_deleted
{%- endset -%}
with

int_companies_unioned as (
    select {{ columns }} from {{ ref('stg_amocrm__companies') }}
    union all
    select {{ columns }} from {{ ref('stg_bitrix24__companies') }}
)

select * from int_companies_unioned
