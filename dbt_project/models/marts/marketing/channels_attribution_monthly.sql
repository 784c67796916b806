-- What each channel is worth by each model of attribution, side by side: what the models divide is
-- the same, spend is whole in every one of them.
with

months as (
    {{ months_begun() }}
),

credits as (
    select
        date_trunc('month', metric_date)::date as month_start,
        attribution_model,
        is_official,
        channel,
        sum(credited_leads_count) as credited_leads_count,
        sum(credited_qualified_leads_count) as credited_qualified_leads_count,
        sum(credited_sales_count) as credited_sales_count,
        sum(credited_margin_missing_count) as credited_margin_missing_count,
        sum(credited_revenue_amount) as credited_revenue_amount,
        sum(credited_margin_amount) as credited_margin_amount
    from {{ ref('int_attribution_daily') }}
    group by month_start, attribution_model, is_official, channel
),

spend as (
    select
        date_trunc('month', spend_date)::date as month_start,
        channel,
        sum(spend_amount) as spend_amount
    from {{ ref('int_ad_spend_daily') }}
    group by month_start, channel
),

models as (
    select attribution_model, is_official from credits
    group by attribution_model, is_official
),

first_months as (
    select channel, min(month_start) as first_month_start
    from (
        select month_start, channel from credits
        union all
        select month_start, channel from spend
    ) as every_month
    group by channel
),

-- Under the names the agreed ratios know them by.
totals as (
    select
        months.month_start,
        models.attribution_model,
        models.is_official,
        first_months.channel,
        coalesce(credits.credited_leads_count, 0) as leads_count,
        coalesce(credits.credited_qualified_leads_count, 0) as qualified_leads_count,
        coalesce(credits.credited_sales_count, 0) as cohort_paid_deals_count,
        coalesce(credits.credited_margin_missing_count, 0) as margin_missing_count,
        coalesce(credits.credited_revenue_amount, 0) as cohort_revenue_amount,
        coalesce(credits.credited_margin_amount, 0) as cohort_margin_amount,
        coalesce(spend.spend_amount, 0) as spend_amount
    from first_months
    inner join months
        on first_months.first_month_start <= months.month_start
    cross join models
    left join credits
        on months.month_start = credits.month_start
        and first_months.channel = credits.channel
        and models.attribution_model = credits.attribution_model
    left join spend
        on months.month_start = spend.month_start
        and first_months.channel = spend.channel
),

channels_attribution_monthly as (
    select
        month_start,
        channel,
        attribution_model,
        is_official,
        leads_count as credited_leads_count,
        qualified_leads_count as credited_qualified_leads_count,
        cohort_paid_deals_count as credited_sales_count,
        cohort_revenue_amount as credited_revenue_amount,
        cohort_margin_amount as credited_margin_amount,
        margin_missing_count as credited_margin_missing_count,
        spend_amount,
        '{{ company_currency() }}' as currency_code,
        {{ cpl_amount('totals') }} as cpl_amount,
        {{ romi_ratio('totals') }} as romi_ratio,
        {{ romi_revenue_ratio('totals') }} as romi_revenue_ratio,
        {{ is_mature_month('month_start') }} as is_mature
    from totals
)

select * from channels_attribution_monthly
