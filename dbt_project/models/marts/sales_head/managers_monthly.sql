-- What came of each manager's leads and deals, by month, beside the whole company's. Shares follow
-- the month's leads to today (cohort); deals, sales and money stand in the month they happened.
with

months as (
    select date_trunc('month', calendar_date)::date as month_start, max(calendar_date) as month_end
    from {{ ref('int_calendar') }}
    where calendar_date <= {{ business_date(business_now()) }}
    group by month_start
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to from {{ ref('int_manager_spans') }}
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

responses as (
    select created_date, manager_id, response_minutes, is_within_sla
    from {{ ref('int_lead_responses') }}
),

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        sum(leads.leads_count)::integer as leads_count,
        sum(leads.qualified_leads_count)::integer as qualified_leads_count,
        sum(leads.proposal_leads_count)::integer as proposal_leads_count,
        sum(leads.won_leads_count)::integer as won_leads_count,
        sum(leads.paid_leads_count)::integer as paid_leads_count,
        sum(deals.deals_count)::integer as deals_count,
        sum(deals.won_deals_count)::integer as won_deals_count,
        sum(deals.lost_deals_count)::integer as lost_deals_count,
        sum(deals.bookings_amount) as bookings_amount,
        sum(deals.lost_amount) as lost_amount,
        sum(deals.sales_count)::integer as sales_count,
        sum(deals.sales_paid_amount) as sales_paid_amount,
        sum(payments.payments_count)::integer as payments_count,
        sum(payments.revenue_amount) as revenue_amount,
        sum(shipments.margin_amount) as margin_amount
    from leads
    full join deals using (metric_date, manager_id, channel)
    full join payments using (metric_date, manager_id, channel)
    full join shipments using (metric_date, manager_id, channel)
    group by month_start, manager_id
),

company as (
    select
        month_start,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(proposal_leads_count) as proposal_leads_count,
        sum(won_leads_count) as won_leads_count,
        sum(paid_leads_count) as paid_leads_count
    from measures
    group by month_start
),

-- Who still waits has waited longest, so the middle of them is unknown when more than half wait.
response_times as (
    select
        date_trunc('month', created_date)::date as month_start,
        manager_id,
        nullif(
            percentile_disc(0.5) within group (order by coalesce(response_minutes, 'infinity')),
            'infinity'
        ) as response_median_minutes,
        avg(is_within_sla::integer) as response_within_sla_share
    from responses
    group by month_start, manager_id
),

-- A manager's months run from the first with anything to now: a chart shows gaps otherwise.
first_months as (
    select manager_id, min(month_start) as first_month_start
    from measures
    group by manager_id
),

manager_months as (
    select
        managers.manager_id,
        managers.manager_name,
        months.month_start,
        manager_spans.department_name
    from first_months
    inner join managers
        on first_months.manager_id = managers.manager_id
    inner join months
        on first_months.first_month_start <= months.month_start
    -- The department somebody was in on the month's last day.
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and {{ business_instant('months.month_end') }} >= manager_spans.valid_from
        and {{ business_instant('months.month_end') }} < manager_spans.valid_to
),

totals as (
    select
        manager_months.month_start,
        manager_months.manager_id,
        manager_months.manager_name,
        manager_months.department_name,
        coalesce(measures.leads_count, 0) as leads_count,
        coalesce(measures.qualified_leads_count, 0) as qualified_leads_count,
        coalesce(measures.proposal_leads_count, 0) as proposal_leads_count,
        coalesce(measures.won_leads_count, 0) as won_leads_count,
        coalesce(measures.paid_leads_count, 0) as paid_leads_count,
        coalesce(measures.deals_count, 0) as deals_count,
        coalesce(measures.won_deals_count, 0) as won_deals_count,
        coalesce(measures.lost_deals_count, 0) as lost_deals_count,
        coalesce(measures.bookings_amount, 0) as bookings_amount,
        coalesce(measures.lost_amount, 0) as lost_amount,
        coalesce(measures.sales_count, 0) as sales_count,
        coalesce(measures.sales_paid_amount, 0) as sales_paid_amount,
        coalesce(measures.payments_count, 0) as payments_count,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        coalesce(measures.margin_amount, 0) as margin_amount
    from manager_months
    left join measures
        on manager_months.manager_id = measures.manager_id
        and manager_months.month_start = measures.month_start
),

managers_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        totals.manager_name,
        totals.department_name,
        totals.leads_count,
        totals.qualified_leads_count,
        totals.proposal_leads_count,
        totals.won_leads_count,
        totals.paid_leads_count,
        {{ lead_to_qualified_share('totals') }} as lead_to_qualified_share,
        {{ lead_to_proposal_share('totals') }} as lead_to_proposal_share,
        {{ lead_to_won_share('totals') }} as lead_to_won_share,
        {{ lead_to_paid_share('totals') }} as lead_to_paid_share,
        {{ proposal_to_paid_share('totals') }} as proposal_to_paid_share,
        {{ lead_to_proposal_share('company') }} as company_lead_to_proposal_share,
        {{ lead_to_paid_share('company') }} as company_lead_to_paid_share,
        totals.deals_count,
        totals.won_deals_count,
        totals.lost_deals_count,
        {{ win_rate_count_share('totals') }} as win_rate_count_share,
        totals.bookings_amount,
        totals.lost_amount,
        totals.sales_count,
        {{ average_check_amount('totals') }} as average_check_amount,
        totals.payments_count,
        totals.revenue_amount,
        totals.margin_amount,
        '{{ company_currency() }}' as currency_code,
        response_times.response_median_minutes,
        round(response_times.response_within_sla_share, 4) as response_within_sla_share
    from totals
    left join company
        on totals.month_start = company.month_start
    left join response_times
        on totals.manager_id = response_times.manager_id
        and totals.month_start = response_times.month_start
)

select * from managers_monthly
