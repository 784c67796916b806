with

stg_ingestion__loads as (
    select 'amocrm' as source_name, account_name, load_id, table_name, applied_at
    from {{ source('raw_amocrm', '_applied_loads') }}
    union all
    select 'bitrix24', account_name, load_id, table_name, applied_at
    from {{ source('raw_bitrix24', '_applied_loads') }}
    union all
    select 'onec', account_name, load_id, table_name, applied_at
    from {{ source('raw_onec', '_applied_loads') }}
    union all
    select 'zadarma', account_name, load_id, table_name, applied_at
    from {{ source('raw_zadarma', '_applied_loads') }}
    union all
    select 'mango', account_name, load_id, table_name, applied_at
    from {{ source('raw_mango', '_applied_loads') }}
    union all
    select 'yandex_direct', account_name, load_id, table_name, applied_at
    from {{ source('raw_yandex_direct', '_applied_loads') }}
    union all
    select 'exports', account_name, load_id, table_name, applied_at
    from {{ source('raw_exports', '_applied_loads') }}
)

select * from stg_ingestion__loads
