with

stg_usage__mart_reads as (
    select mart_name, login, read_hour, reads_count, first_read_at, last_read_at
    from {{ source('usage', 'mart_reads') }}
)

select * from stg_usage__mart_reads
