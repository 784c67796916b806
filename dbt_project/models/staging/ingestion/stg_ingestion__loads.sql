with

stg_ingestion__loads as (
    {%- for name in [
        'amocrm', 'bitrix24', 'onec', 'zadarma', 'mango', 'yandex_direct', 'exports', 'workbook'
    ] %}
    select '{{ name }}' as source_name, account_name, load_id, table_name, applied_at
    from {{ source('raw_' ~ name, '_applied_loads') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from stg_ingestion__loads
