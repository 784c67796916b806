-- Each manager's deals of a month by the stage they are in now: how many, for how much, and which
-- share. Every stage of the CRM is a row, also one that holds no deal.
with

deals as (
    select * from {{ ref('int_deals_by_present_stage_daily') }}
),

stages as (
    select * from {{ ref('int_stages') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

months as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        pipeline_id,
        stage_id,
        sum(deals_in_stage_count)::integer as deals_in_stage_count,
        sum(deals_in_stage_amount) as deals_in_stage_amount
    from deals
    group by month_start, manager_id, pipeline_id, stage_id
),

pipelines as (
    select
        month_start,
        manager_id,
        pipeline_id,
        sum(deals_in_stage_count)::integer as deals_in_pipeline_count
    from months
    group by month_start, manager_id, pipeline_id
),

totals as (
    select
        pipelines.month_start,
        pipelines.manager_id,
        pipelines.pipeline_id,
        stages.pipeline_name,
        stages.stage_id,
        stages.stage_name,
        stages.pipeline_kind,
        stages.stage_rank,
        stages.rank_number,
        coalesce(months.deals_in_stage_count, 0) as deals_in_stage_count,
        coalesce(months.deals_in_stage_amount, 0) as deals_in_stage_amount,
        pipelines.deals_in_pipeline_count
    from pipelines
    inner join stages
        on pipelines.pipeline_id = stages.pipeline_id
    left join months
        on pipelines.month_start = months.month_start
        and pipelines.manager_id = months.manager_id
        and stages.stage_id = months.stage_id
),

consolidated as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        managers.department_name,
        totals.pipeline_id,
        totals.pipeline_name,
        totals.stage_id,
        totals.stage_name,
        totals.pipeline_kind,
        totals.stage_rank,
        totals.rank_number,
        totals.deals_in_stage_count,
        totals.deals_in_stage_amount,
        '{{ company_currency() }}' as currency_code,
        {{ deals_in_stage_share('totals') }} as deals_in_stage_share
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from consolidated
