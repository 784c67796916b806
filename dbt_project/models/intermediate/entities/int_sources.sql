-- A source is as old as the oldest of what it consists of: a table that is refused, or an account
-- that cannot be reached, ages while the others are loaded. What has not come for a month is not
-- part of the source any more.
with

loads as (
    select source_name, account_name, table_name, applied_at
    from {{ ref('stg_ingestion__loads') }}
),

last_loads as (
    select source_name, account_name, table_name, max(applied_at) as loaded_at
    from loads
    group by source_name, account_name, table_name
),

newest_loads as (
    select source_name, max(loaded_at) as loaded_at
    from last_loads
    group by source_name
),

int_sources as (
    select
        last_loads.source_name,
        min(last_loads.loaded_at) as last_loaded_at,
        false as is_deleted
    from last_loads
    inner join newest_loads
        on last_loads.source_name = newest_loads.source_name
        and last_loads.loaded_at > newest_loads.loaded_at - interval '30 days'
    group by last_loads.source_name
)

select * from int_sources
