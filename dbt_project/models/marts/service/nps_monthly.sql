-- What customers answered when asked, by month and the manager of the deal asked about.
with

answers as (
    select * from {{ ref('int_surveys_daily') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

totals as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        sum(answers_count)::integer as answers_count,
        sum(promoters_count)::integer as promoters_count,
        sum(detractors_count)::integer as detractors_count
    from answers
    group by month_start, manager_id
),

company as (
    select
        month_start,
        sum(answers_count) as answers_count,
        sum(promoters_count) as promoters_count,
        sum(detractors_count) as detractors_count
    from totals
    group by month_start
),

nps_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        managers.department_name,
        totals.answers_count,
        totals.promoters_count,
        totals.detractors_count,
        {{ nps_score('totals') }} as nps_score,
        {{ nps_score('company') }} as company_nps_score
    from totals
    left join company
        on totals.month_start = company.month_start
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from nps_monthly
