-- One row per stay of a deal in a stage. The stay before the first known change is `assumed` to
-- have begun when the deal did; all others are what the CRM's events say.
with

deals as (
    select deal_id, stage_id, created_at from {{ ref('int_deals_with_stage_meaning') }}
    where was_ever_in_sales
),

stage_changes as (
    select event_id, deal_id, from_stage_id, to_stage_id, changed_at
    from {{ ref('int_stage_changes_unioned') }}
),

stage_meanings as (
    select stage_id, pipeline_kind, stage_rank, rank_number
    from {{ ref('int_stages_with_meaning') }}
),

stages as (
    select stage_id, stage_name from {{ ref('int_stages_unioned') }}
),

first_changes as (
    select distinct on (deal_id) deal_id, from_stage_id
    from stage_changes
    order by deal_id, changed_at, event_id
),

entries as (
    select
        deals.deal_id,
        coalesce(first_changes.from_stage_id, deals.stage_id) as stage_id,
        deals.created_at as entered_at,
        '' as event_id,
        'assumed' as evidence
    from deals
    left join first_changes
        on deals.deal_id = first_changes.deal_id
    union all
    select
        stage_changes.deal_id,
        stage_changes.to_stage_id,
        stage_changes.changed_at,
        stage_changes.event_id,
        'event'
    from stage_changes
    inner join deals
        on stage_changes.deal_id = deals.deal_id
),

spans as (
    select
        entries.*,
        lead(entries.entered_at) over deal_history as left_at,
        stage_meanings.pipeline_kind,
        stage_meanings.stage_rank,
        stage_meanings.rank_number,
        lag(stage_meanings.rank_number) over deal_history as rank_number_before
    from entries
    left join stage_meanings
        on entries.stage_id = stage_meanings.stage_id
    where entries.stage_id is not null
    window deal_history as (
        partition by entries.deal_id
        order by entries.entered_at, entries.event_id
    )
),

int_deal_stage_spans as (
    select
        -- In UTC, for the text of an instant is the session's, and the key must not be.
        md5(
            spans.deal_id || '|' || spans.stage_id || '|'
            || coalesce(nullif(spans.event_id, ''), (spans.entered_at at time zone 'UTC')::text)
        ) as stage_span_id,
        spans.deal_id,
        spans.stage_id,
        coalesce(stages.stage_name, spans.stage_rank, spans.stage_id) as stage_name,
        spans.pipeline_kind,
        spans.stage_rank,
        spans.entered_at,
        spans.left_at,
        coalesce(spans.rank_number < spans.rank_number_before, false) as is_backward,
        spans.evidence,
        false as is_deleted
    from spans
    left join stages
        on spans.stage_id = stages.stage_id
)

select * from int_deal_stage_spans
