-- Who comes from where: leads of each city and client type by channel, and what they brought to
-- date. Only what came has a row: of most cities nothing comes through most channels.
with

segments as (
    select
        date_trunc('month', metric_date)::date as month_start,
        city,
        client_type,
        channel,
        sum(leads_count)::integer as leads_count,
        sum(new_leads_count)::integer as new_leads_count,
        sum(qualified_leads_count)::integer as qualified_leads_count,
        sum(won_leads_count)::integer as won_leads_count,
        sum(paid_leads_count)::integer as paid_leads_count,
        sum(cohort_paid_deals_count)::integer as cohort_paid_deals_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount,
        sum(margin_missing_count)::integer as margin_missing_count
    from {{ ref('int_lead_origins_daily') }}
    group by month_start, city, client_type, channel
),

leads_by_segment_monthly as (
    select
        month_start,
        city,
        client_type,
        channel,
        leads_count,
        new_leads_count,
        qualified_leads_count,
        {{ lead_to_qualified_share('segments') }} as lead_to_qualified_share,
        won_leads_count,
        {{ lead_to_won_share('segments') }} as lead_to_won_share,
        paid_leads_count,
        {{ lead_to_paid_share('segments') }} as lead_to_paid_share,
        cohort_paid_deals_count,
        cohort_revenue_amount,
        cohort_margin_amount,
        margin_missing_count,
        {{ margin_coverage_share('segments') }} as margin_coverage_share,
        '{{ company_currency() }}' as currency_code
    from segments
)

select * from leads_by_segment_monthly
