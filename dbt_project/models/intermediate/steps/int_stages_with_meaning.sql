-- The stage meanings in force today, with the rank as a number.
with

meanings as (
    select * from {{ ref('int_stage_meanings') }}
),

int_stages_with_meaning as (
    select
        stage_id,
        pipeline_id,
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
    where {{ holds_on('meanings', business_date(business_now())) }}
)

select * from int_stages_with_meaning
