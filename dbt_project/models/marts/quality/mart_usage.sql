with

reads as (
    select * from {{ ref('int_mart_reads_daily') }}
),

mart_usage as (
    select
        mart_name,
        coalesce(login, '(nobody)') as login,
        case
            when not is_log_readable then 'not_available'
            when login is null then 'not_read'
            else 'read'
        end as usage_status,
        case
            when login is null and is_log_readable then 0
            else sum(reads_count)::integer
        end as reads_count,
        case
            when login is null and not is_log_readable then null
            else count(read_date)::integer
        end as read_days_count,
        min(first_read_at) as first_read_at,
        max(last_read_at) as last_read_at,
        asked_at
    from reads
    group by mart_name, login, is_log_readable, asked_at
)

select * from mart_usage
