-- The seed's stage meanings under the warehouse's keys, with the rank as a number.
with

meanings as (
    select * from {{ ref('pipeline_stage_meaning') }}
),

int_stages_with_meaning as (
    select
        source_name || ':' || account_name || ':' || pipeline_id || ':' || stage_id as stage_id,
        source_name || ':' || account_name || ':' || pipeline_id as pipeline_id,
        pipeline_kind,
        stage_rank,
        array_position(array['{{ stage_ranks() | join("', '") }}'], stage_rank) as rank_number
    from meanings
)

select * from int_stages_with_meaning
