{%- set columns -%}
    contact_id,
    contact_name,
    phones,
    emails,
    messenger_ids,
    company_id,
    created_at,
    is_deleted
{%- endset -%}
with

int_contacts_unioned as (
    select {{ columns }} from {{ ref('stg_amocrm__contacts') }}
    union all
    select {{ columns }} from {{ ref('stg_bitrix24__contacts') }}
)

select * from int_contacts_unioned
