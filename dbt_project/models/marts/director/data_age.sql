-- How old the published numbers are, per source: when its tables were last brought up to date. The
-- age itself is for whoever reads, at the moment of reading.
with

sources as (
    select source_name, last_loaded_at from {{ ref('int_sources') }}
),

data_age as (
    select source_name, last_loaded_at, {{ business_now() }} as built_at
    from sources
)

select * from data_age
