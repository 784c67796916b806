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

leads as (
    select lead_id, created_date from {{ ref('int_leads') }}
),

lead_money as (
    select lead_id, min({{ business_date('first_paid_at') }}) as first_paid_date
    from {{ ref('int_deals') }}
    where lead_id is not null and paid_amount > 0
    group by lead_id
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
        sum(daily.payments_count) as payments_count
    from comparable_periods
    inner join daily
        on daily.metric_date >= comparable_periods.period_start
        and daily.metric_date <= comparable_periods.period_end
    group by comparable_periods.period
),

paid_leads as (
    select comparable_periods.period, count(*) as paid_leads_count
    from comparable_periods
    inner join leads
        on leads.created_date >= comparable_periods.period_start
        and leads.created_date <= comparable_periods.period_end
    inner join lead_money
        on leads.lead_id = lead_money.lead_id
        and lead_money.first_paid_date <= comparable_periods.period_end
    group by comparable_periods.period
),

measures as (
    select sums.period, measure.kpi_name, measure.value
    from sums
    left join paid_leads
        on sums.period = paid_leads.period
    cross join lateral (
        values
        ('revenue_amount', sums.revenue_amount),
        ('sales_count', sums.sales_count),
        ('average_check_amount', round(sums.sales_paid_amount / nullif(sums.sales_count, 0), 2)),
        ('leads_count', sums.leads_count),
        ('new_leads_count', sums.new_leads_count),
        (
            'lead_to_paid_by_period_end_share',
            round(
                coalesce(paid_leads.paid_leads_count, 0)::numeric / nullif(sums.leads_count, 0), 4
            )
        ),
        ('won_deals_count', sums.won_deals_count),
        (
            'win_rate_count_share',
            round(
                sums.won_deals_count::numeric
                / nullif(sums.won_deals_count + sums.lost_deals_count, 0),
                4
            )
        ),
        ('bookings_amount', sums.bookings_amount),
        ('payments_count', sums.payments_count)
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
