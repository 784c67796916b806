-- At its last age a cohort is what the measures say of it to date, in every month and channel; and
-- campaigns, cities and client types add up to the same.
with

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount
    from {{ ref('int_leads_daily') }}
    group by month_start, channel
),

last_ages as (
    select distinct on (month_start, channel)
        month_start,
        channel,
        leads_count,
        qualified_leads_count,
        paid_leads_count,
        cohort_revenue_amount,
        cohort_margin_amount
    from {{ ref('cohort_maturity') }}
    where leads_count > 0
    order by month_start, channel, age_months desc
),

campaigns as (
    select
        month_start,
        channel,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount
    from {{ ref('campaigns_monthly') }}
    group by month_start, channel
    having sum(leads_count) > 0
),

segments as (
    select
        month_start,
        channel,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount
    from {{ ref('leads_by_segment_monthly') }}
    group by month_start, channel
)

{% for told in ['last_ages', 'campaigns', 'segments'] -%}
(select '{{ told }}' as told, * from measures except select '{{ told }}', * from {{ told }})
union all
(select '{{ told }}', * from {{ told }} except select '{{ told }}', * from measures)
{{ "union all" if not loop.last }}
{% endfor %}
