-- How old the numbers are, per source: the last time its tables were brought up to date.
with

sources as (
    select source_name, last_loaded_at from {{ ref('int_sources') }}
),

data_age as (
    select
        source_name,
        last_loaded_at,
        round(extract(epoch from {{ business_now() }} - last_loaded_at) / 60)::integer as age_minutes
    from sources
)

select * from data_age
