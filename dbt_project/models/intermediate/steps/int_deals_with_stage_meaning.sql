-- Every deal of every source with what its stages mean: what kind of pipeline it is or was in,
-- which sales stage it reached last, and the status that follows from it.
with

deals as (
    select * from {{ ref('int_deals_unioned') }}
),

stage_meanings as (
    select * from {{ ref('int_stages_with_meaning') }}
),

stage_changes as (
    select event_id, deal_id, from_stage_id, to_stage_id, changed_at
    from {{ ref('int_stage_changes_unioned') }}
),

-- Each deal's stages in time: where every change left it, where the first change found it, and
-- where it stands now. A stage nobody mapped is skipped, so the deal keeps its last mapped meaning.
stages_passed as (
    select deal_id, to_stage_id as stage_id, changed_at as seen_at, event_id
    from stage_changes
    union all
    select deal_id, from_stage_id, changed_at - interval '1 microsecond', event_id
    from stage_changes
    union all
    select deal_id, stage_id, 'infinity'::timestamptz, ''
    from deals
),

mapped_stages_passed as (
    select
        stages_passed.deal_id,
        stages_passed.stage_id,
        stages_passed.seen_at,
        stages_passed.event_id,
        stage_meanings.pipeline_kind,
        stage_meanings.stage_rank,
        stage_meanings.rank_number
    from stages_passed
    inner join stage_meanings
        on stages_passed.stage_id = stage_meanings.stage_id
),

-- Where no stage of a deal is known (deleted before we ever read it), its pipeline still tells.
pipeline_kinds as (
    select pipeline_id, min(pipeline_kind) as pipeline_kind
    from stage_meanings
    group by pipeline_id
),

-- A stage nobody mapped may be in a pipeline that somebody did: its key begins with the pipeline's.
stages_of_sales as (
    select stages.stage_id
    from (select distinct stage_id from stages_passed) as stages
    inner join pipeline_kinds
        on starts_with(stages.stage_id, pipeline_kinds.pipeline_id || ':')
    where pipeline_kinds.pipeline_kind = 'sales'
),

deals_ever_in_sales as (
    select distinct stages_passed.deal_id
    from stages_passed
    inner join stages_of_sales
        on stages_passed.stage_id = stages_of_sales.stage_id
),

last_stages as (
    select distinct on (deal_id, pipeline_kind)
        deal_id, pipeline_kind, stage_id, stage_rank, rank_number, seen_at, event_id
    from mapped_stages_passed
    order by deal_id, pipeline_kind, seen_at desc, event_id desc
),

-- Later stages elsewhere (warming, service) do not change what selling ended with.
last_sales_stage as (
    select deal_id, stage_id, stage_rank, rank_number from last_stages
    where pipeline_kind = 'sales'
),

last_mapped_stage as (
    select distinct on (deal_id) deal_id, pipeline_kind
    from last_stages
    order by deal_id, seen_at desc, event_id desc
),

highest_rank as (
    select deal_id, max(rank_number) as highest_rank_number
    from mapped_stages_passed
    where pipeline_kind = 'sales'
    group by deal_id
),

final_stage_entries as (
    select deal_id, to_stage_id as stage_id, max(changed_at) as entered_at
    from stage_changes
    group by deal_id, to_stage_id
),

int_deals_with_stage_meaning as (
    select
        deals.*,
        coalesce(last_mapped_stage.pipeline_kind, pipeline_kinds.pipeline_kind, 'sales')
            as pipeline_kind,
        -- A pipeline nobody has mapped is taken for sales, so that its deals are seen (as unmapped)
        -- and not lost.
        deals_ever_in_sales.deal_id is not null
        or coalesce(pipeline_kinds.pipeline_kind, 'sales') = 'sales'
            as was_ever_in_sales,
        case
            when deals.stage_id is not null
                and present_meaning.stage_id is null
                and deals.stated_status is null
                then 'unmapped'
            else coalesce(last_sales_stage.stage_rank, deals.stated_status, 'new')
        end as stage_meaning,
        coalesce(last_sales_stage.stage_rank, nullif(deals.stated_status, 'open')) as stage_rank,
        greatest(
            highest_rank.highest_rank_number,
            case when deals.stated_status = 'won' then {{ rank_number('won') }} end,
            {{ rank_number('new') }}
        ) as highest_rank_number,
        case
            when deals.stated_status is not null then deals.stated_status
            when last_sales_stage.stage_rank in ('won', 'lost') then last_sales_stage.stage_rank
            else 'open'
        end as status,
        case
            when deals.stated_status in ('won', 'lost') then deals.closed_at
            when last_sales_stage.stage_rank in ('won', 'lost')
                -- No change into it is known: it stood there when it was made. Not `updated_at`,
                -- which any later edit moves.
                then coalesce(final_stage_entries.entered_at, deals.closed_at, deals.created_at)
        end as final_stage_entered_at
    from deals
    left join stage_meanings as present_meaning
        on deals.stage_id = present_meaning.stage_id
    left join pipeline_kinds
        on deals.pipeline_id = pipeline_kinds.pipeline_id
    left join deals_ever_in_sales
        on deals.deal_id = deals_ever_in_sales.deal_id
    left join last_sales_stage
        on deals.deal_id = last_sales_stage.deal_id
    left join last_mapped_stage
        on deals.deal_id = last_mapped_stage.deal_id
    left join highest_rank
        on deals.deal_id = highest_rank.deal_id
    left join final_stage_entries
        on deals.deal_id = final_stage_entries.deal_id
        and last_sales_stage.stage_id = final_stage_entries.stage_id
)

select * from int_deals_with_stage_meaning
