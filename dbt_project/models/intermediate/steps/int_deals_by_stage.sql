-- Every counted deal beside each rank it climbed to. Reached is the highest rank ever, whether or
-- not the deal stood in every stage below; in strict order it stood in each rank that any deal of
-- its pipeline stood in. Where it was lost is the last rank it stood in before.
with

deals as (
    select
        deal_id,
        pipeline_id,
        created_date,
        manager_id,
        channel,
        status,
        highest_rank_number,
        budget_amount
    from {{ ref('int_deals') }}
    where deal_excluded_reason is null and highest_rank_number is not null
),

spans as (
    select deal_id, stage_id, stage_rank, entered_at, left_at from {{ ref('int_deal_stage_spans') }}
    where stage_rank is not null
),

stages as (
    select stage_id, pipeline_id, rank_number from {{ ref('int_stages_with_meaning') }}
),

ranks (stage_rank, rank_number) as (
    values
    {%- for stage_rank in stage_ranks() %}
    ('{{ stage_rank }}', {{ loop.index }}){{ "," if not loop.last }}
    {%- endfor %}
),

spans_of_sales as (
    select
        spans.deal_id,
        stages.pipeline_id,
        spans.stage_rank,
        stages.rank_number,
        spans.entered_at,
        extract(epoch from spans.left_at - spans.entered_at) / 86400 as stay_days
    from spans
    left join stages
        on spans.stage_id = stages.stage_id
),

-- A deal that has gone over to another pipeline climbed in the one of its last sales stage.
pipelines as (
    select distinct on (deal_id) deal_id, pipeline_id from spans_of_sales
    order by deal_id, entered_at desc
),

last_open_ranks as (
    select distinct on (deal_id) deal_id, rank_number from spans_of_sales
    where stage_rank not in ('won', 'lost')
    order by deal_id, entered_at desc
),

stays as (
    select
        deal_id,
        rank_number,
        array_agg(round(stay_days::numeric, 4) order by stay_days)
            filter (where stay_days is not null) as stay_days_list
    from spans_of_sales
    where rank_number is not null
    group by deal_id, rank_number
),

pipeline_ranks as (
    select pipeline_id, rank_number from spans_of_sales
    where rank_number is not null
    group by pipeline_id, rank_number
),

deals_by_rank as (
    select
        deals.deal_id,
        coalesce(pipelines.pipeline_id, deals.pipeline_id) as pipeline_id,
        deals.created_date,
        deals.manager_id,
        deals.channel,
        ranks.rank_number,
        ranks.stage_rank,
        deals.highest_rank_number > ranks.rank_number as has_gone_on,
        deals.status = 'lost'
        and ranks.rank_number
        = least(coalesce(last_open_ranks.rank_number, 1), deals.highest_rank_number)
            as is_lost_here,
        deals.budget_amount
    from deals
    inner join ranks
        on deals.highest_rank_number >= ranks.rank_number
    left join pipelines
        on deals.deal_id = pipelines.deal_id
    left join last_open_ranks
        on deals.deal_id = last_open_ranks.deal_id
),

int_deals_by_stage as (
    select
        deals_by_rank.*,
        bool_and(stays.deal_id is not null or pipeline_ranks.rank_number is null) over (
            partition by deals_by_rank.deal_id
            order by deals_by_rank.rank_number
        ) as is_in_strict_order,
        coalesce(stays.stay_days_list, '{}') as stay_days_list
    from deals_by_rank
    left join stays
        on deals_by_rank.deal_id = stays.deal_id
        and deals_by_rank.rank_number = stays.rank_number
    left join pipeline_ranks
        on deals_by_rank.pipeline_id = pipeline_ranks.pipeline_id
        and deals_by_rank.rank_number = pipeline_ranks.rank_number
)

select * from int_deals_by_stage
