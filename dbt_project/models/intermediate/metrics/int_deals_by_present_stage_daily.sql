-- Counted deals by the day they were created and the stage they are in now, whatever it means.
with

deals as (
    select created_date, manager_id, channel, pipeline_id, stage_id, budget_amount
    from {{ ref('int_deals') }}
    where deal_excluded_reason is null and not is_deleted
),

int_deals_by_present_stage_daily as (
    select
        created_date as metric_date,
        manager_id,
        channel,
        pipeline_id,
        stage_id,
        count(*)::integer as deals_in_stage_count,
        coalesce(sum(budget_amount), 0) as deals_in_stage_amount
    from deals
    group by created_date, manager_id, channel, pipeline_id, stage_id
)

select * from int_deals_by_present_stage_daily
