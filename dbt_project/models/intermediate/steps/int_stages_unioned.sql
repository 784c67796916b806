{%- set columns -%}
    stage_id,
    pipeline_id,
    pipeline_name,
    stage_name
{%- endset -%}
with

int_stages_unioned as (
    select {{ columns }} from {{ ref('stg_amocrm__stages') }}
    union all
    select {{ columns }} from {{ ref('stg_bitrix24__stages') }}
)

select * from int_stages_unioned
