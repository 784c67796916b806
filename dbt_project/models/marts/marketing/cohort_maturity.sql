-- How the leads of a month ripen: what they came to by the end of their own month (age 0), of the
-- next one (age 1) and so on. The last age of every cohort is the running month, not yet complete.
with

months as (
    {{ months_begun() }}
),

leads as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        sum(leads_count)::integer as leads_count
    from {{ ref('int_leads_daily') }}
    group by month_start, channel
),

spend as (
    select
        date_trunc('month', spend_date)::date as month_start,
        channel,
        sum(spend_amount) as spend_amount
    from {{ ref('int_ad_spend_daily') }}
    group by month_start, channel
),

events as (
    select
        date_trunc('month', metric_date)::date as month_start,
        channel,
        date_trunc('month', event_date)::date as event_month_start,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(won_leads_count) as won_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(cohort_revenue_amount) as cohort_revenue_amount,
        sum(cohort_margin_amount) as cohort_margin_amount
    from {{ ref('int_lead_maturity_daily') }}
    group by month_start, channel, event_month_start
),

cohorts as (
    select
        month_start,
        channel,
        coalesce(leads.leads_count, 0) as leads_count,
        coalesce(spend.spend_amount, 0) as spend_amount
    from leads
    full join spend using (month_start, channel)
),

-- What happened is added up over all months so far.
totals as (
    select
        cohorts.month_start,
        cohorts.channel,
        months.month_start as age_month_start,
        cohorts.leads_count,
        cohorts.spend_amount,
        coalesce(sum(events.qualified_leads_count) over so_far, 0)::integer
            as qualified_leads_count,
        coalesce(sum(events.won_leads_count) over so_far, 0)::integer as won_leads_count,
        coalesce(sum(events.paid_leads_count) over so_far, 0)::integer as paid_leads_count,
        coalesce(sum(events.cohort_revenue_amount) over so_far, 0) as cohort_revenue_amount,
        coalesce(sum(events.cohort_margin_amount) over so_far, 0) as cohort_margin_amount
    from cohorts
    inner join months
        on cohorts.month_start <= months.month_start
    left join events
        on cohorts.month_start = events.month_start
        and cohorts.channel = events.channel
        and months.month_start = events.event_month_start
    window so_far as (
        partition by cohorts.month_start, cohorts.channel
        order by months.month_start
        rows between unbounded preceding and current row
    )
),

cohort_maturity as (
    select
        month_start,
        channel,
        (
            12 * (extract(year from age_month_start) - extract(year from month_start))
            + extract(month from age_month_start) - extract(month from month_start)
        )::integer as age_months,
        age_month_start,
        (age_month_start + interval '1 month')::date <= {{ business_date(business_now()) }}
            as is_complete,
        leads_count,
        qualified_leads_count,
        {{ lead_to_qualified_share('totals') }} as lead_to_qualified_share,
        won_leads_count,
        {{ lead_to_won_share('totals') }} as lead_to_won_share,
        paid_leads_count,
        {{ lead_to_paid_share('totals') }} as lead_to_paid_share,
        cohort_revenue_amount,
        cohort_margin_amount,
        spend_amount,
        '{{ company_currency() }}' as currency_code,
        {{ romi_revenue_ratio('totals') }} as romi_revenue_ratio
    from totals
)

select * from cohort_maturity
