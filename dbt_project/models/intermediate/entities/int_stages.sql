-- The CRMs' stages with what they mean to us. A stage nobody has given a meaning yet has none.
with

stages as (
    select * from {{ ref('int_stages_unioned') }}
),

meanings as (
    select stage_id, pipeline_kind, stage_rank, rank_number
    from {{ ref('int_stages_with_meaning') }}
),

int_stages as (
    select
        stages.stage_id,
        stages.stage_name,
        stages.pipeline_id,
        stages.pipeline_name,
        meanings.pipeline_kind,
        meanings.stage_rank,
        meanings.rank_number,
        false as is_deleted
    from stages
    left join meanings
        on stages.stage_id = meanings.stage_id
)

select * from int_stages
