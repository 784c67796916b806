-- From spend and lead to money by channel and month. Shares and returns on spend follow the month's
-- leads to today (cohort); deals, sales, money and goods stand in the month they happened.
with

-- An enquiry is nobody's yet.
enquiries as (
    select *, 'unassigned' as manager_id from {{ ref('int_enquiries_daily') }}
),

leads as (
    select * from {{ ref('int_leads_daily') }}
),

deals as (
    select * from {{ ref('int_deals_daily') }}
),

payments as (
    select * from {{ ref('int_payments_daily') }}
),

shipments as (
    select * from {{ ref('int_shipments_daily') }}
),

-- Nor is an advertisement a manager's.
spend as (
    select
        spend_date as metric_date,
        'unassigned' as manager_id,
        channel,
        sum(spend_amount) as spend_amount,
        sum(clicks_count) as clicks_count
    from {{ ref('int_ad_spend_daily') }}
    group by spend_date, channel
),

-- They agree on one key, so no row is joined twice.
months as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        coalesce(sum(enquiries.enquiries_count), 0)::integer as enquiries_count,
        coalesce(sum(enquiries.excluded_enquiries_count), 0)::integer as excluded_enquiries_count,
        coalesce(sum(leads.leads_count), 0)::integer as leads_count,
        coalesce(sum(leads.new_leads_count), 0)::integer as new_leads_count,
        coalesce(sum(leads.qualified_leads_count), 0)::integer as qualified_leads_count,
        coalesce(sum(leads.won_leads_count), 0)::integer as won_leads_count,
        coalesce(sum(leads.paid_leads_count), 0)::integer as paid_leads_count,
        coalesce(sum(leads.cohort_revenue_amount), 0) as cohort_revenue_amount,
        coalesce(sum(leads.cohort_margin_amount), 0) as cohort_margin_amount,
        coalesce(sum(leads.cohort_paid_deals_count), 0) as cohort_paid_deals_count,
        coalesce(sum(leads.margin_missing_count), 0)::integer as margin_missing_count,
        coalesce(sum(deals.deals_count), 0)::integer as deals_count,
        coalesce(sum(deals.won_deals_count), 0)::integer as won_deals_count,
        coalesce(sum(deals.lost_deals_count), 0)::integer as lost_deals_count,
        coalesce(sum(deals.sales_count), 0)::integer as sales_count,
        coalesce(sum(payments.payments_count), 0)::integer as payments_count,
        coalesce(sum(payments.revenue_amount), 0) as revenue_amount,
        coalesce(sum(shipments.shipped_amount), 0) as shipped_amount,
        coalesce(sum(shipments.margin_amount), 0) as margin_amount,
        coalesce(sum(spend.spend_amount), 0) as spend_amount,
        coalesce(sum(spend.clicks_count), 0)::integer as clicks_count
    from enquiries
    full join leads using (metric_date, manager_id, channel)
    full join deals using (metric_date, manager_id, channel)
    full join payments using (metric_date, manager_id, channel)
    full join shipments using (metric_date, manager_id, channel)
    full join spend using (metric_date, manager_id, channel)
    group by month_start, channel
),

channels_monthly as (
    select
        month_start,
        channel,
        enquiries_count,
        {{ junk_share('months') }} as junk_share,
        leads_count,
        new_leads_count,
        qualified_leads_count,
        won_leads_count,
        paid_leads_count,
        {{ lead_to_qualified_share('months') }} as lead_to_qualified_share,
        {{ lead_to_won_share('months') }} as lead_to_won_share,
        {{ lead_to_paid_share('months') }} as lead_to_paid_share,
        cohort_revenue_amount,
        cohort_margin_amount,
        margin_missing_count,
        {{ margin_coverage_share('months') }} as margin_coverage_share,
        deals_count,
        won_deals_count,
        lost_deals_count,
        sales_count,
        payments_count,
        revenue_amount,
        shipped_amount,
        margin_amount,
        '{{ company_currency() }}' as currency_code,
        spend_amount,
        clicks_count,
        {{ cpl_amount('months') }} as cpl_amount,
        {{ cost_per_qualified_amount('months') }} as cost_per_qualified_amount,
        {{ romi_ratio('months') }} as romi_ratio,
        {{ romi_revenue_ratio('months') }} as romi_revenue_ratio,
        -- The last lead of the month is old enough to have paid.
        (month_start + interval '1 month')::date
        <= {{ business_date(business_now()) }} - {{ var('romi_maturity_days') }} as is_mature
    from months
)

select * from channels_monthly
