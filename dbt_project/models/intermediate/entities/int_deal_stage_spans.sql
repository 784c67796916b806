-- One row per stay of a deal in a stage. What the CRM's events say, is so; before a deal's first
-- event, or where a source has none, it is what our own snapshots saw (`snapshot`: no later than
-- then). The first stay is `assumed` to have begun when the deal did.
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

snapshots as (
    select deal_id, stage_id, dbt_valid_from as seen_at from {{ ref('deals_history') }}
    where stage_id is not null
),

first_changes as (
    select distinct on (deal_id) deal_id, from_stage_id, to_stage_id, changed_at
    from stage_changes
    order by deal_id, changed_at, event_id
),

-- What a snapshot saw of an event's own change is no other stay, whosever clock is late.
snapshots_before_events as (
    select
        snapshots.deal_id,
        snapshots.stage_id,
        snapshots.seen_at,
        lag(snapshots.stage_id) over deal_snapshots as stage_id_before,
        row_number() over deal_snapshots as number
    from snapshots
    left join first_changes
        on snapshots.deal_id = first_changes.deal_id
    where
        first_changes.deal_id is null
        or (
            snapshots.seen_at < first_changes.changed_at
            and snapshots.stage_id <> first_changes.to_stage_id
        )
    window deal_snapshots as (
        partition by snapshots.deal_id
        order by snapshots.seen_at
    )
),

entries as (
    select
        deals.deal_id,
        coalesce(first_snapshots.stage_id, first_changes.from_stage_id, deals.stage_id)
            as stage_id,
        deals.created_at as entered_at,
        '' as event_id,
        'assumed' as evidence
    from deals
    left join first_changes
        on deals.deal_id = first_changes.deal_id
    left join snapshots_before_events as first_snapshots
        on deals.deal_id = first_snapshots.deal_id
        and first_snapshots.number = 1
    union all
    select
        snapshots_before_events.deal_id,
        snapshots_before_events.stage_id,
        snapshots_before_events.seen_at,
        '',
        'snapshot'
    from snapshots_before_events
    inner join deals
        on snapshots_before_events.deal_id = deals.deal_id
    where
        snapshots_before_events.number > 1
        and snapshots_before_events.stage_id <> snapshots_before_events.stage_id_before
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
