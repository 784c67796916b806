-- The funnel of deals, by the day the deal was created. Days stayed are kept one by one: a median
-- is of them, and no mean of medians.
with

deals_by_stage as (
    select * from {{ ref('int_deals_by_stage') }}
),

stays as (
    select
        deals_by_stage.created_date,
        deals_by_stage.manager_id,
        deals_by_stage.channel,
        deals_by_stage.pipeline_id,
        deals_by_stage.stage_rank,
        array_agg(stay.days order by stay.days) as stage_stay_days_list
    from deals_by_stage
    cross join lateral unnest(deals_by_stage.stay_days_list) as stay (days)
    group by
        deals_by_stage.created_date,
        deals_by_stage.manager_id,
        deals_by_stage.channel,
        deals_by_stage.pipeline_id,
        deals_by_stage.stage_rank
),

counts as (
    select
        created_date,
        manager_id,
        channel,
        pipeline_id,
        rank_number,
        stage_rank,
        count(*)::integer as reached_deals_count,
        count(*) filter (where has_gone_on)::integer as gone_on_deals_count,
        count(*) filter (where is_in_strict_order)::integer as strict_order_deals_count,
        count(*) filter (where is_lost_here)::integer as lost_in_stage_count,
        coalesce(sum(budget_amount) filter (where is_lost_here), 0) as lost_in_stage_amount
    from deals_by_stage
    group by created_date, manager_id, channel, pipeline_id, rank_number, stage_rank
),

int_deal_stages_daily as (
    select
        counts.created_date as metric_date,
        counts.manager_id,
        counts.channel,
        counts.pipeline_id,
        counts.rank_number,
        counts.stage_rank,
        counts.reached_deals_count,
        counts.gone_on_deals_count,
        counts.strict_order_deals_count,
        counts.lost_in_stage_count,
        counts.lost_in_stage_amount,
        coalesce(stays.stage_stay_days_list, '{}') as stage_stay_days_list
    from counts
    left join stays
        on counts.created_date = stays.created_date
        and counts.manager_id = stays.manager_id
        and counts.channel = stays.channel
        and counts.pipeline_id is not distinct from stays.pipeline_id
        and counts.stage_rank = stays.stage_rank
)

select * from int_deal_stages_daily
