-- How old the numbers are, per source: the last time its tables were brought up to date.
with

loads as (
    select * from {{ ref('stg_ingestion__loads') }}
),

data_age as (
    select
        source_name,
        max(applied_at) as last_loaded_at,
        round(extract(epoch from {{ business_now() }} - max(applied_at)) / 60)::integer as age_minutes
    from loads
    group by source_name
)

select * from data_age
