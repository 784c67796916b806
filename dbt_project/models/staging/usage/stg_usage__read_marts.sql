with

stg_usage__read_marts as (
    select mart_name, is_log_readable, asked_at
    from {{ source('usage', 'read_marts') }}
)

select * from stg_usage__read_marts
