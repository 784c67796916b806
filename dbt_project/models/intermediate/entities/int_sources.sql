with

loads as (
    select source_name, applied_at from {{ ref('stg_ingestion__loads') }}
),

int_sources as (
    select source_name, max(applied_at) as last_loaded_at, false as is_deleted
    from loads
    group by source_name
)

select * from int_sources
