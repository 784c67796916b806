-- The seed's stage meanings under the warehouse's keys, with the rank as a number.
with

meanings as (
    select * from {{ ref('pipeline_stage_meaning') }}
),

ranks as (
    select * from {{ ref('stage_ranks') }}
),

int_stage_meanings as (
    select
        meanings.source_name || ':' || meanings.account_name || ':' || meanings.pipeline_id || ':' || meanings.stage_id
            as stage_id,
        meanings.source_name || ':' || meanings.account_name || ':' || meanings.pipeline_id as pipeline_id,
        meanings.pipeline_kind,
        meanings.stage_rank,
        ranks.rank_number
    from meanings
    left join ranks
        on meanings.stage_rank = ranks.stage_rank
)

select * from int_stage_meanings
