-- The running month against the same number of elapsed business days of the month before and of the
-- same month a year ago: comparing 12 days with 31 says nothing. For the same reason a period's
-- leads count as paid only if they paid by its end: older leads have simply had longer to pay.
with

daily as (
    select * from {{ ref('kpis_daily') }}
),

calendar as (
    select calendar_date, business_day_of_month from {{ ref('int_calendar') }}
),

paid_leads as (
    select metric_date, first_paid_date, paid_leads_count from {{ ref('int_paid_leads_daily') }}
),

labels as (
    select position, kpi_name, label, unit, explanation from {{ ref('kpi_labels') }}
),

today as (
    select calendar_date, business_day_of_month from calendar
    where calendar_date = {{ business_date(business_now()) }}
),

periods as (
    select 'current' as period, date_trunc('month', calendar_date)::date as period_start from today
    union all
    select 'previous', (date_trunc('month', calendar_date) - interval '1 month')::date from today
    union all
    select 'year_ago', (date_trunc('month', calendar_date) - interval '12 months')::date from today
),

comparable_periods as (
    select periods.period, periods.period_start, max(calendar.calendar_date) as period_end
    from periods
    cross join today
    inner join calendar
        on date_trunc('month', calendar.calendar_date) = periods.period_start
        and calendar.business_day_of_month <= today.business_day_of_month
        and (periods.period <> 'current' or calendar.calendar_date <= today.calendar_date)
    group by periods.period, periods.period_start
),

sums as (
    select
        comparable_periods.period,
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
    from comparable_periods
    inner join daily
        on daily.metric_date >= comparable_periods.period_start
        and daily.metric_date <= comparable_periods.period_end
    group by comparable_periods.period
),

paid_by_period_end as (
    select comparable_periods.period, sum(paid_leads.paid_leads_count) as paid_leads_count
    from comparable_periods
    inner join paid_leads
        on paid_leads.metric_date >= comparable_periods.period_start
        and paid_leads.metric_date <= comparable_periods.period_end
        and paid_leads.first_paid_date <= comparable_periods.period_end
    group by comparable_periods.period
),

totals as (
    select sums.*, coalesce(paid_by_period_end.paid_leads_count, 0) as paid_leads_count
    from sums
    left join paid_by_period_end
        on sums.period = paid_by_period_end.period
),

measures as (
    select totals.period, measure.kpi_name, measure.value
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

kpis_current as (
    select
        labels.position,
        labels.kpi_name,
        labels.label,
        labels.unit,
        max(measures.value) filter (where measures.period = 'current') as current_value,
        max(measures.value) filter (where measures.period = 'previous') as previous_value,
        max(measures.value) filter (where measures.period = 'year_ago') as year_ago_value,
        max(comparable_periods.period_start) as period_start,
        max(comparable_periods.period_end) as period_end,
        labels.explanation
    from labels
    left join measures
        on labels.kpi_name = measures.kpi_name
    cross join comparable_periods
    where comparable_periods.period = 'current'
    group by labels.position, labels.kpi_name, labels.label, labels.unit, labels.explanation
)

select * from kpis_current
