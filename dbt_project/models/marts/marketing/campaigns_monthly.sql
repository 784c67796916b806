-- What each campaign cost and what its leads brought to date. A lead is of the campaign its first
-- enquiry names; enquiries without tags are `(blank)`, so campaigns add up to their channel.
with

months as (
    {{ months_begun() }}
),

leads as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        utm_source,
        utm_campaign,
        sum(leads_count) as leads_count,
        sum(new_leads_count) as new_leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(cohort_paid_deals_count) as cohort_paid_deals_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount,
        sum(margin_missing_count) as margin_missing_count
    from {{ ref('int_lead_origins_daily') }}
    group by month_start, channel, utm_source, utm_campaign
),

spend as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        utm_source,
        utm_campaign,
        sum(spend_amount) as spend_amount,
        sum(impressions_count) as impressions_count,
        sum(clicks_count) as clicks_count,
        sum(conversions_count) as conversions_count
    from {{ ref('int_campaign_spend_daily') }}
    group by month_start, channel, utm_source, utm_campaign
),

names as (
    select distinct channel, utm_source, utm_campaign, campaign_name
    from {{ ref('int_campaign_spend_daily') }}
),

first_months as (
    select channel, utm_source, utm_campaign, min(month_start) as first_month_start
    from (
        select month_start, channel, utm_source, utm_campaign from leads
        union all
        select month_start, channel, utm_source, utm_campaign from spend
    ) as every_month
    group by channel, utm_source, utm_campaign
),

totals as (
    select
        months.month_start,
        first_months.channel,
        first_months.utm_source,
        first_months.utm_campaign,
        coalesce(spend.spend_amount, 0) as spend_amount,
        coalesce(spend.impressions_count, 0)::bigint as impressions_count,
        coalesce(spend.clicks_count, 0)::bigint as clicks_count,
        coalesce(spend.conversions_count, 0)::bigint as conversions_count,
        coalesce(leads.leads_count, 0)::integer as leads_count,
        coalesce(leads.new_leads_count, 0)::integer as new_leads_count,
        coalesce(leads.qualified_leads_count, 0)::integer as qualified_leads_count,
        coalesce(leads.paid_leads_count, 0)::integer as paid_leads_count,
        coalesce(leads.cohort_paid_deals_count, 0)::integer as cohort_paid_deals_count,
        coalesce(leads.cohort_revenue_amount, 0) as cohort_revenue_amount,
        coalesce(leads.cohort_margin_amount, 0) as cohort_margin_amount,
        coalesce(leads.margin_missing_count, 0)::integer as margin_missing_count
    from first_months
    inner join months
        on first_months.first_month_start <= months.month_start
    left join leads
        on months.month_start = leads.month_start
        and first_months.channel = leads.channel
        and first_months.utm_source = leads.utm_source
        and first_months.utm_campaign = leads.utm_campaign
    left join spend
        on months.month_start = spend.month_start
        and first_months.channel = spend.channel
        and first_months.utm_source = spend.utm_source
        and first_months.utm_campaign = spend.utm_campaign
),

campaigns_monthly as (
    select
        totals.month_start,
        totals.channel,
        totals.utm_source,
        totals.utm_campaign,
        names.campaign_name,
        totals.spend_amount,
        totals.impressions_count,
        totals.clicks_count,
        totals.conversions_count,
        totals.leads_count,
        totals.new_leads_count,
        {{ cpl_amount('totals') }} as cpl_amount,
        totals.qualified_leads_count,
        {{ cost_per_qualified_amount('totals') }} as cost_per_qualified_amount,
        {{ lead_to_qualified_share('totals') }} as lead_to_qualified_share,
        totals.paid_leads_count,
        {{ lead_to_paid_share('totals') }} as lead_to_paid_share,
        totals.cohort_paid_deals_count,
        totals.cohort_revenue_amount,
        totals.cohort_margin_amount,
        totals.margin_missing_count,
        {{ margin_coverage_share('totals') }} as margin_coverage_share,
        '{{ company_currency() }}' as currency_code,
        {{ romi_ratio('totals') }} as romi_ratio,
        {{ romi_revenue_ratio('totals') }} as romi_revenue_ratio,
        {{ is_mature_month('totals.month_start') }} as is_mature
    from totals
    left join names
        on totals.channel = names.channel
        and totals.utm_source = names.utm_source
        and totals.utm_campaign = names.utm_campaign
)

select * from campaigns_monthly
