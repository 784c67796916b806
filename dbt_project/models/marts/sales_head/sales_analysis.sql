-- The funnel of each manager's deals by the month they were created, beside the whole company's.
-- Somebody who had a deal in the month has all stages, those nobody reached with zeros.
with

deal_stages as (
    select * from {{ ref('int_deal_stages_daily') }}
),

stages as (
    select pipeline_id, pipeline_name, stage_name, stage_rank, rank_number
    from {{ ref('int_stages') }}
    where rank_number is not null
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

stages_of_pipelines as (
    select
        pipeline_id,
        pipeline_name,
        rank_number,
        stage_rank,
        string_agg(distinct stage_name, ', ') as stage_name
    from stages
    group by pipeline_id, pipeline_name, rank_number, stage_rank
),

months as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        pipeline_id,
        rank_number,
        sum(reached_deals_count)::integer as reached_deals_count,
        sum(gone_on_deals_count)::integer as gone_on_deals_count,
        sum(strict_order_deals_count)::integer as strict_order_deals_count,
        sum(lost_in_stage_count)::integer as lost_in_stage_count,
        sum(lost_in_stage_amount) as lost_in_stage_amount
    from deal_stages
    group by month_start, manager_id, pipeline_id, rank_number
),

company as (
    select
        month_start,
        pipeline_id,
        rank_number,
        sum(reached_deals_count) as reached_deals_count,
        sum(gone_on_deals_count) as gone_on_deals_count
    from months
    group by month_start, pipeline_id, rank_number
),

stays as (
    select
        date_trunc('month', deal_stages.metric_date)::date as month_start,
        deal_stages.manager_id,
        deal_stages.pipeline_id,
        deal_stages.rank_number,
        stay.days
    from deal_stages
    cross join lateral unnest(deal_stages.stage_stay_days_list) as stay (days)
),

medians as (
    select
        month_start,
        manager_id,
        pipeline_id,
        rank_number,
        percentile_cont(0.5) within group (order by days) as stage_stay_median_days
    from stays
    group by month_start, manager_id, pipeline_id, rank_number
),

company_medians as (
    select
        month_start,
        pipeline_id,
        rank_number,
        percentile_cont(0.5) within group (order by days) as stage_stay_median_days
    from stays
    group by month_start, pipeline_id, rank_number
),

every_stage as (
    select
        months.month_start,
        months.manager_id,
        months.pipeline_id,
        stages_of_pipelines.pipeline_name,
        stages_of_pipelines.rank_number,
        stages_of_pipelines.stage_rank,
        stages_of_pipelines.stage_name,
        months.reached_deals_count as first_reached_deals_count
    from months
    inner join stages_of_pipelines
        on months.pipeline_id = stages_of_pipelines.pipeline_id
    where months.rank_number = 1
),

totals as (
    select
        every_stage.*,
        coalesce(months.reached_deals_count, 0) as reached_deals_count,
        coalesce(months.gone_on_deals_count, 0) as gone_on_deals_count,
        coalesce(months.strict_order_deals_count, 0) as strict_order_deals_count,
        coalesce(months.lost_in_stage_count, 0) as lost_in_stage_count,
        coalesce(months.lost_in_stage_amount, 0) as lost_in_stage_amount
    from every_stage
    left join months
        on every_stage.month_start = months.month_start
        and every_stage.manager_id = months.manager_id
        and every_stage.pipeline_id = months.pipeline_id
        and every_stage.rank_number = months.rank_number
),

sales_analysis as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        managers.department_name,
        totals.pipeline_id,
        totals.pipeline_name,
        totals.rank_number,
        totals.stage_rank,
        totals.stage_name,
        totals.first_reached_deals_count,
        totals.reached_deals_count,
        totals.gone_on_deals_count,
        totals.strict_order_deals_count,
        {{ stage_reached_share('totals') }} as stage_reached_share,
        {{ stage_gone_on_share('totals') }} as stage_gone_on_share,
        {{ stage_gone_on_share('company') }} as company_stage_gone_on_share,
        totals.lost_in_stage_count,
        totals.lost_in_stage_amount,
        '{{ company_currency() }}' as currency_code,
        round(medians.stage_stay_median_days::numeric, 2) as stage_stay_median_days,
        round(company_medians.stage_stay_median_days::numeric, 2)
            as company_stage_stay_median_days
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
    left join company
        on totals.month_start = company.month_start
        and totals.pipeline_id = company.pipeline_id
        and totals.rank_number = company.rank_number
    left join medians
        on totals.month_start = medians.month_start
        and totals.manager_id = medians.manager_id
        and totals.pipeline_id = medians.pipeline_id
        and totals.rank_number = medians.rank_number
    left join company_medians
        on totals.month_start = company_medians.month_start
        and totals.pipeline_id = company_medians.pipeline_id
        and totals.rank_number = company_medians.rank_number
)

select * from sales_analysis
