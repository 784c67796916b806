-- From lead to money by channel and month. Shares follow the month's leads to today (cohort);
-- deals, sales and money stand in the month they happened. Spend has no source yet, and says so.
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

-- The four agree on one key, so no row is joined twice.
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
        coalesce(sum(deals.deals_count), 0)::integer as deals_count,
        coalesce(sum(deals.won_deals_count), 0)::integer as won_deals_count,
        coalesce(sum(deals.lost_deals_count), 0)::integer as lost_deals_count,
        coalesce(sum(deals.sales_count), 0)::integer as sales_count,
        coalesce(sum(payments.payments_count), 0)::integer as payments_count,
        coalesce(sum(payments.revenue_amount), 0) as revenue_amount
    from enquiries
    full join leads using (metric_date, manager_id, channel)
    full join deals using (metric_date, manager_id, channel)
    full join payments using (metric_date, manager_id, channel)
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
        deals_count,
        won_deals_count,
        lost_deals_count,
        sales_count,
        payments_count,
        revenue_amount,
        '{{ company_currency() }}' as currency_code,
        null::numeric as spend_amount,
        null::numeric as cpl_amount,
        null::numeric as romi_ratio,
        'no spend source' as spend_missing_reason
    from months
)

select * from channels_monthly
