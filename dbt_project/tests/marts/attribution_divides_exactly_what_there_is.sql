-- In every month and by every model, credits of leads are the leads, and credited money the money.
with

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(cohort_paid_deals_count) as sales_count,
        sum(cohort_revenue_amount) as revenue_amount,
        sum(cohort_margin_amount) as margin_amount
    from {{ ref('int_leads_daily') }}
    group by month_start
),

credited as (
    select
        month_start,
        attribution_model,
        sum(credited_leads_count) as leads_count,
        sum(credited_qualified_leads_count) as qualified_leads_count,
        sum(credited_sales_count) as sales_count,
        sum(credited_revenue_amount) as revenue_amount,
        sum(credited_margin_amount) as margin_amount
    from {{ ref('channels_attribution_monthly') }}
    group by month_start, attribution_model
),

models as (
    select distinct attribution_model from credited
),

expected as (
    select
        measures.month_start,
        models.attribution_model,
        measures.leads_count,
        measures.qualified_leads_count,
        measures.sales_count,
        measures.revenue_amount,
        measures.margin_amount
    from measures
    cross join models
),

differences as (
    (select * from expected except select * from credited where leads_count > 0)
    union all
    (select * from credited where leads_count > 0 except select * from expected)
)

select * from differences
