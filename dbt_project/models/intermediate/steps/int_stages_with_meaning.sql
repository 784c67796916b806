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
        case when pipeline_kind = 'sales' then stage_rank end as stage_rank,
        case
            when pipeline_kind = 'sales'
                then array_position(array['{{ stage_ranks() | join("', '") }}'], stage_rank)
        end as rank_number,
        case
            when pipeline_kind <> 'service' then null
            when stage_rank = 'won' then 'resolved'
            when stage_rank = 'lost' then 'declined'
            else 'open'
        end as service_status
    from meanings
)

select * from int_stages_with_meaning
