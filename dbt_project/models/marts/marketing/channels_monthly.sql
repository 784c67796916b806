-- From lead to money by channel and month. Shares follow the month's leads to today (cohort); deals,
-- sales and money stand in the month they happened. Spend has no source yet, and says so.
with

leads as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(leads_count)::integer as leads_count,
        sum(new_leads_count)::integer as new_leads_count,
        sum(qualified_leads_count)::integer as qualified_leads_count,
        sum(won_leads_count)::integer as won_leads_count,
        sum(paid_leads_count)::integer as paid_leads_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount
    from {{ ref('int_leads_daily') }}
    group by 1, 2
),

enquiries as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(enquiries_count)::integer as enquiries_count,
        sum(excluded_enquiries_count)::integer as excluded_enquiries_count
    from {{ ref('int_enquiries_daily') }}
    group by 1, 2
),

deals as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(deals_count)::integer as deals_count,
        sum(won_deals_count)::integer as won_deals_count,
        sum(lost_deals_count)::integer as lost_deals_count,
        sum(sales_count)::integer as sales_count
    from {{ ref('int_deals_daily') }}
    group by 1, 2
),

payments as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(payments_count)::integer as payments_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('int_payments_daily') }}
    group by 1, 2
),

months_and_channels as (
    select month_start, channel from leads
    union
    select month_start, channel from enquiries
    union
    select month_start, channel from deals
    union
    select month_start, channel from payments
),

channels_monthly as (
    select
        months_and_channels.month_start,
        months_and_channels.channel,
        coalesce(enquiries.enquiries_count, 0) as enquiries_count,
        round(enquiries.excluded_enquiries_count::numeric / nullif(enquiries.enquiries_count, 0), 4) as junk_share,
        coalesce(leads.leads_count, 0) as leads_count,
        coalesce(leads.new_leads_count, 0) as new_leads_count,
        coalesce(leads.qualified_leads_count, 0) as qualified_leads_count,
        coalesce(leads.won_leads_count, 0) as won_leads_count,
        coalesce(leads.paid_leads_count, 0) as paid_leads_count,
        round(leads.qualified_leads_count::numeric / nullif(leads.leads_count, 0), 4) as lead_to_qualified_share,
        round(leads.won_leads_count::numeric / nullif(leads.leads_count, 0), 4) as lead_to_won_share,
        round(leads.paid_leads_count::numeric / nullif(leads.leads_count, 0), 4) as lead_to_paid_share,
        coalesce(leads.cohort_revenue_amount, 0) as cohort_revenue_amount,
        coalesce(deals.deals_count, 0) as deals_count,
        coalesce(deals.won_deals_count, 0) as won_deals_count,
        coalesce(deals.lost_deals_count, 0) as lost_deals_count,
        coalesce(deals.sales_count, 0) as sales_count,
        coalesce(payments.payments_count, 0) as payments_count,
        coalesce(payments.revenue_amount, 0) as revenue_amount,
        '{{ company_currency() }}' as currency_code,
        null::numeric as spend_amount,
        null::numeric as cpl_amount,
        null::numeric as romi_ratio,
        'no spend source' as spend_missing_reason
    from months_and_channels
    left join enquiries
        on months_and_channels.month_start = enquiries.month_start
        and months_and_channels.channel = enquiries.channel
    left join leads
        on months_and_channels.month_start = leads.month_start
        and months_and_channels.channel = leads.channel
    left join deals
        on months_and_channels.month_start = deals.month_start
        and months_and_channels.channel = deals.channel
    left join payments
        on months_and_channels.month_start = payments.month_start
        and months_and_channels.channel = payments.channel
)

select * from channels_monthly
