with

dates as (
    select calendar_date from {{ ref('int_calendar') }}
),

enquiries as (
    select metric_date, sum(enquiries_count)::integer as enquiries_count
    from {{ ref('int_enquiries_daily') }}
    group by metric_date
),

leads as (
    select
        metric_date,
        sum(leads_count)::integer as leads_count,
        sum(new_leads_count)::integer as new_leads_count,
        sum(qualified_leads_count)::integer as qualified_leads_count,
        sum(paid_leads_count)::integer as paid_leads_count,
        sum(cohort_margin_amount) as cohort_margin_amount,
        sum(cohort_paid_deals_count)::integer as cohort_paid_deals_count,
        sum(margin_missing_count)::integer as margin_missing_count
    from {{ ref('int_leads_daily') }}
    group by metric_date
),

deals as (
    select
        metric_date,
        sum(deals_count)::integer as deals_count,
        sum(won_deals_count)::integer as won_deals_count,
        sum(lost_deals_count)::integer as lost_deals_count,
        sum(bookings_amount) as bookings_amount,
        sum(sales_count)::integer as sales_count,
        sum(sales_paid_amount) as sales_paid_amount
    from {{ ref('int_deals_daily') }}
    group by metric_date
),

payments as (
    select
        metric_date,
        sum(payments_count)::integer as payments_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('int_payments_daily') }}
    group by metric_date
),

shipments as (
    select
        metric_date,
        sum(shipped_amount) as shipped_amount,
        sum(shipped_with_cost_amount) as shipped_with_cost_amount,
        sum(margin_amount) as margin_amount,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount
    from {{ ref('int_shipments_daily') }}
    group by metric_date
),

spend as (
    select spend_date as metric_date, sum(spend_amount) as spend_amount
    from {{ ref('int_ad_spend_daily') }}
    group by spend_date
),

first_dates as (
    select min(metric_date) as first_date
    from (
        select metric_date from enquiries
        union all
        select metric_date from deals
        union all
        select metric_date from payments
        union all
        select metric_date from shipments
        union all
        select metric_date from spend
    ) as every_date
),

-- A day on which nothing happened is a row of zeros: charts would show a gap otherwise.
kpis_daily as (
    select
        dates.calendar_date as metric_date,
        coalesce(enquiries.enquiries_count, 0) as enquiries_count,
        coalesce(leads.leads_count, 0) as leads_count,
        coalesce(leads.new_leads_count, 0) as new_leads_count,
        coalesce(leads.qualified_leads_count, 0) as qualified_leads_count,
        coalesce(leads.paid_leads_count, 0) as paid_leads_count,
        coalesce(leads.cohort_margin_amount, 0) as cohort_margin_amount,
        coalesce(leads.cohort_paid_deals_count, 0) as cohort_paid_deals_count,
        coalesce(leads.margin_missing_count, 0) as margin_missing_count,
        coalesce(deals.deals_count, 0) as deals_count,
        coalesce(deals.won_deals_count, 0) as won_deals_count,
        coalesce(deals.lost_deals_count, 0) as lost_deals_count,
        coalesce(deals.bookings_amount, 0) as bookings_amount,
        coalesce(deals.sales_count, 0) as sales_count,
        coalesce(deals.sales_paid_amount, 0) as sales_paid_amount,
        coalesce(payments.payments_count, 0) as payments_count,
        coalesce(payments.revenue_amount, 0) as revenue_amount,
        coalesce(shipments.shipped_amount, 0) as shipped_amount,
        coalesce(shipments.shipped_with_cost_amount, 0) as shipped_with_cost_amount,
        coalesce(shipments.margin_amount, 0) as margin_amount,
        coalesce(shipments.list_amount, 0) as list_amount,
        shipments.discount_amount,
        coalesce(spend.spend_amount, 0) as spend_amount,
        '{{ company_currency() }}' as currency_code
    from dates
    inner join first_dates
        on dates.calendar_date >= first_dates.first_date
    left join enquiries
        on dates.calendar_date = enquiries.metric_date
    left join leads
        on dates.calendar_date = leads.metric_date
    left join deals
        on dates.calendar_date = deals.metric_date
    left join payments
        on dates.calendar_date = payments.metric_date
    left join shipments
        on dates.calendar_date = shipments.metric_date
    left join spend
        on dates.calendar_date = spend.metric_date
    where dates.calendar_date <= {{ business_date(business_now()) }}
)

select * from kpis_daily
