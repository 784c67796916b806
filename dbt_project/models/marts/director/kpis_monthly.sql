-- The measures of the director's screen by month, beside the month before and the same month a
-- year ago. A running month is compared with as many elapsed business days, so a period's leads
-- count as paid only if they paid by its end: older leads have simply had longer to pay.
with

daily as (
    select * from {{ ref('kpis_daily') }}
),

months_compared as (
    select month_start, period, period_start, period_end from {{ ref('int_month_comparisons') }}
),

paid_leads as (
    select metric_date, first_paid_date, paid_leads_count from {{ ref('int_paid_leads_daily') }}
),

labels as (
    select position, kpi_name, label, unit, explanation from {{ ref('kpi_labels') }}
),

first_months as (
    select date_trunc('month', min(metric_date))::date as month_start from daily
),

sums as (
    select
        months_compared.month_start,
        months_compared.period,
        sum(daily.revenue_amount) as revenue_amount,
        sum(daily.sales_count) as sales_count,
        sum(daily.sales_paid_amount) as sales_paid_amount,
        sum(daily.leads_count) as leads_count,
        sum(daily.new_leads_count) as new_leads_count,
        sum(daily.won_deals_count) as won_deals_count,
        sum(daily.lost_deals_count) as lost_deals_count,
        sum(daily.bookings_amount) as bookings_amount,
        sum(daily.payments_count) as payments_count,
        sum(daily.margin_amount) as margin_amount,
        sum(daily.spend_amount) as spend_amount
    from months_compared
    inner join first_months
        on months_compared.month_start >= first_months.month_start
    inner join daily
        on months_compared.period_start <= daily.metric_date
        and months_compared.period_end >= daily.metric_date
    group by months_compared.month_start, months_compared.period
),

paid_by_period_end as (
    select
        months_compared.month_start,
        months_compared.period,
        sum(paid_leads.paid_leads_count) as paid_leads_count
    from months_compared
    inner join paid_leads
        on months_compared.period_start <= paid_leads.metric_date
        and months_compared.period_end >= paid_leads.metric_date
        and months_compared.period_end >= paid_leads.first_paid_date
    group by months_compared.month_start, months_compared.period
),

totals as (
    select sums.*, coalesce(paid_by_period_end.paid_leads_count, 0) as paid_leads_count
    from sums
    left join paid_by_period_end
        on sums.month_start = paid_by_period_end.month_start
        and sums.period = paid_by_period_end.period
),

measures as (
    select totals.month_start, totals.period, measure.kpi_name, measure.value
    from totals
    cross join lateral (
        values
        ('revenue_amount', totals.revenue_amount),
        ('margin_amount', totals.margin_amount),
        ('sales_count', totals.sales_count),
        ('average_check_amount', {{ average_check_amount('totals') }}),
        ('leads_count', totals.leads_count),
        ('new_leads_count', totals.new_leads_count),
        ('lead_to_paid_by_period_end_share', {{ lead_to_paid_share('totals') }}),
        ('won_deals_count', totals.won_deals_count),
        ('win_rate_count_share', {{ win_rate_count_share('totals') }}),
        ('bookings_amount', totals.bookings_amount),
        ('payments_count', totals.payments_count),
        ('spend_amount', totals.spend_amount)
    ) as measure (kpi_name, value)
),

kpis_monthly as (
    select
        measures.month_start,
        labels.position,
        labels.kpi_name,
        labels.label,
        labels.unit,
        max(measures.value) filter (where measures.period = 'current') as current_value,
        max(measures.value) filter (where measures.period = 'previous') as previous_value,
        max(measures.value) filter (where measures.period = 'year_ago') as year_ago_value,
        max(months_compared.period_end) as period_end,
        labels.explanation
    from measures
    inner join labels
        on measures.kpi_name = labels.kpi_name
    inner join months_compared
        on measures.month_start = months_compared.month_start
        and months_compared.period = 'current'
    group by
        measures.month_start,
        labels.position,
        labels.kpi_name,
        labels.label,
        labels.unit,
        labels.explanation
)

select * from kpis_monthly
