-- A mart nobody reads is worth as much to know as one that is read: it has a row without a login.
with

marts as (
    select mart_name, is_log_readable, asked_at from {{ ref('stg_usage__read_marts') }}
),

reads as (
    select mart_name, login, read_hour, reads_count, first_read_at, last_read_at
    from {{ ref('stg_usage__mart_reads') }}
),

int_mart_reads_daily as (
    select
        marts.mart_name,
        reads.login,
        {{ business_date('reads.read_hour') }} as read_date,
        marts.is_log_readable,
        marts.asked_at,
        sum(reads.reads_count)::integer as reads_count,
        min(reads.first_read_at) as first_read_at,
        max(reads.last_read_at) as last_read_at
    from marts
    left join reads
        on marts.mart_name = reads.mart_name
    group by marts.mart_name, reads.login, read_date, marts.is_log_readable, marts.asked_at
)

select * from int_mart_reads_daily
