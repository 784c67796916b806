-- Plan and fact by month of persons, teams and the company. The pace is the fact beside as much of
-- the plan as business days are over.
with

totals as (
    select * from {{ ref('int_goals_daily') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

goals as (
    select
        md5(concat_ws(
            '|',
            totals.metric_date,
            totals.goal_scope,
            totals.department_name,
            totals.manager_id,
            totals.measure
        )) as goal_id,
        totals.metric_date as month_start,
        totals.goal_scope,
        totals.department_name,
        totals.manager_id,
        managers.manager_name,
        totals.measure,
        totals.plan_amount,
        totals.is_plan_stated,
        totals.fact_amount,
        case when totals.measure like '%\_amount' then '{{ company_currency() }}' end
            as currency_code,
        {{ plan_done_ratio('totals') }} as plan_done_ratio,
        {{ pace_ratio('totals') }} as pace_ratio,
        totals.business_days_count,
        totals.finished_business_days_count
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from goals
