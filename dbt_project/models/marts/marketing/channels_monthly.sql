-- From spend and lead to money by channel and month. Shares and returns on spend follow the month's
-- leads to today (cohort); deals, sales, money and goods stand in the month they happened. Beside
-- some stand the month before and the same month a year ago; those of the running month are told up
-- to the same number of business days, for 12 days beside 31 say nothing. A channel has a row for
-- every month since its first.
with

month_comparisons as (
    select month_start, period, period_start, period_end from {{ ref('int_month_comparisons') }}
),

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

customers as (
    select * from {{ ref('int_customers_daily') }}
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

{# What stands beside its former values. -#}
{% set compared = [
    'leads_count', 'sales_count', 'revenue_amount', 'margin_amount', 'spend_amount'
] -%}

-- They agree on one key, so no row is joined twice.
days as (
    select
        metric_date,
        channel,
        enquiries.enquiries_count,
        enquiries.excluded_enquiries_count,
        leads.leads_count,
        leads.new_leads_count,
        leads.qualified_leads_count,
        leads.won_leads_count,
        leads.paid_leads_count,
        leads.cohort_revenue_amount,
        leads.cohort_margin_amount,
        leads.cohort_paid_deals_count,
        leads.margin_missing_count,
        deals.deals_count,
        deals.won_deals_count,
        deals.lost_deals_count,
        deals.sales_count,
        payments.payments_count,
        payments.revenue_amount,
        shipments.shipped_amount,
        shipments.margin_amount,
        customers.new_customers_count,
        spend.spend_amount,
        spend.clicks_count
    from enquiries
    full join leads using (metric_date, manager_id, channel)
    full join deals using (metric_date, manager_id, channel)
    full join payments using (metric_date, manager_id, channel)
    full join shipments using (metric_date, manager_id, channel)
    full join customers using (metric_date, manager_id, channel)
    full join spend using (metric_date, manager_id, channel)
),

measures as (
    select
        date_trunc('month', days.metric_date)::date as month_start,
        days.channel,
        sum(days.enquiries_count) as enquiries_count,
        sum(days.excluded_enquiries_count) as excluded_enquiries_count,
        sum(days.leads_count) as leads_count,
        sum(days.new_leads_count) as new_leads_count,
        sum(days.qualified_leads_count) as qualified_leads_count,
        sum(days.won_leads_count) as won_leads_count,
        sum(days.paid_leads_count) as paid_leads_count,
        sum(days.cohort_revenue_amount) as cohort_revenue_amount,
        sum(days.cohort_margin_amount) as cohort_margin_amount,
        sum(days.cohort_paid_deals_count) as cohort_paid_deals_count,
        sum(days.margin_missing_count) as margin_missing_count,
        sum(days.deals_count) as deals_count,
        sum(days.won_deals_count) as won_deals_count,
        sum(days.lost_deals_count) as lost_deals_count,
        sum(days.sales_count) as sales_count,
        sum(days.payments_count) as payments_count,
        sum(days.revenue_amount) as revenue_amount,
        sum(days.shipped_amount) as shipped_amount,
        sum(days.margin_amount) as margin_amount,
        sum(days.new_customers_count) as new_customers_count,
        sum(days.spend_amount) as spend_amount,
        sum(days.clicks_count) as clicks_count
    from days
    group by month_start, days.channel
),

former as (
    select
        month_comparisons.month_start,
        month_comparisons.period,
        days.channel
        {%- for name in compared %},
        sum(days.{{ name }}) as {{ name }}
        {%- endfor %}
    from month_comparisons
    inner join days
        on {{ is_in_period('days.metric_date') }}
    where month_comparisons.period <> 'current'
    group by month_comparisons.month_start, month_comparisons.period, days.channel
),

month_starts as (
    select month_start from month_comparisons
    where period = 'current'
),

first_months as (
    select channel, min(month_start) as first_month_start from measures
    group by channel
),

data_begins as (
    select min(first_month_start) as month_start from first_months
),

months as (
    select
        month_starts.month_start,
        first_months.channel,
        coalesce(measures.enquiries_count, 0)::integer as enquiries_count,
        coalesce(measures.excluded_enquiries_count, 0)::integer as excluded_enquiries_count,
        coalesce(measures.leads_count, 0)::integer as leads_count,
        coalesce(measures.new_leads_count, 0)::integer as new_leads_count,
        coalesce(measures.qualified_leads_count, 0)::integer as qualified_leads_count,
        coalesce(measures.won_leads_count, 0)::integer as won_leads_count,
        coalesce(measures.paid_leads_count, 0)::integer as paid_leads_count,
        coalesce(measures.cohort_revenue_amount, 0) as cohort_revenue_amount,
        coalesce(measures.cohort_margin_amount, 0) as cohort_margin_amount,
        coalesce(measures.cohort_paid_deals_count, 0)::integer as cohort_paid_deals_count,
        coalesce(measures.margin_missing_count, 0)::integer as margin_missing_count,
        coalesce(measures.deals_count, 0)::integer as deals_count,
        coalesce(measures.won_deals_count, 0)::integer as won_deals_count,
        coalesce(measures.lost_deals_count, 0)::integer as lost_deals_count,
        coalesce(measures.sales_count, 0)::integer as sales_count,
        coalesce(measures.payments_count, 0)::integer as payments_count,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        coalesce(measures.shipped_amount, 0) as shipped_amount,
        coalesce(measures.margin_amount, 0) as margin_amount,
        coalesce(measures.new_customers_count, 0)::integer as new_customers_count,
        coalesce(measures.spend_amount, 0) as spend_amount,
        coalesce(measures.clicks_count, 0)::integer as clicks_count
        {%- for period, length in [('previous', '1 month'), ('year_ago', '1 year')] %}
        {%- for name in compared %},
        case
            when month_starts.month_start - interval '{{ length }}' >= data_begins.month_start
                then coalesce({{ period }}.{{ name }}, 0)
        end{{ '::integer' if name.endswith('_count') }} as {{ period }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from first_months
    inner join month_starts
        on first_months.first_month_start <= month_starts.month_start
    cross join data_begins
    left join measures
        on month_starts.month_start = measures.month_start
        and first_months.channel = measures.channel
    left join former as previous
        on month_starts.month_start = previous.month_start
        and first_months.channel = previous.channel
        and previous.period = 'previous'
    left join former as year_ago
        on month_starts.month_start = year_ago.month_start
        and first_months.channel = year_ago.channel
        and year_ago.period = 'year_ago'
),

channels_monthly as (
    select
        month_start,
        channel,
        enquiries_count,
        {{ junk_share('months') }} as junk_share,
        leads_count,
        previous_leads_count,
        year_ago_leads_count,
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
        previous_sales_count,
        year_ago_sales_count,
        payments_count,
        revenue_amount,
        previous_revenue_amount,
        year_ago_revenue_amount,
        shipped_amount,
        margin_amount,
        previous_margin_amount,
        year_ago_margin_amount,
        '{{ company_currency() }}' as currency_code,
        spend_amount,
        previous_spend_amount,
        year_ago_spend_amount,
        clicks_count,
        {{ cpl_amount('months') }} as cpl_amount,
        {{ cost_per_qualified_amount('months') }} as cost_per_qualified_amount,
        new_customers_count,
        {{ cac_amount('months') }} as cac_amount,
        {{ romi_ratio('months') }} as romi_ratio,
        {{ romi_revenue_ratio('months') }} as romi_revenue_ratio,
        {{ is_mature_month('month_start') }} as is_mature
    from months
)

select * from channels_monthly
