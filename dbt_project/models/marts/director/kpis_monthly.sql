-- The measures of the director's screen by month, beside the month before and the same month a
-- year ago. A running month is compared with as many elapsed business days, so a period's leads
-- count as paid only if they paid by its end: older leads have simply had longer to pay.
with

daily as (
    select * from {{ ref('kpis_daily') }}
),

month_comparisons as (
    select month_start, period, period_start, period_end from {{ ref('int_month_comparisons') }}
),

paid_leads as (
    select metric_date, first_paid_date, paid_leads_count from {{ ref('int_paid_leads_daily') }}
),

paying_customers as (
    select metric_date, customer_id from {{ ref('int_paying_customers_daily') }}
),

activities as (
    select metric_date, manager_id from {{ ref('int_activities_daily') }}
    where manager_id <> 'unassigned'
),

goals as (
    select month_start, plan_done_ratio, pace_ratio from {{ ref('goals') }}
    where goal_scope = 'company' and measure = 'revenue_amount'
),

labels as (
    select position, kpi_name, label, unit, explanation from {{ ref('kpi_labels') }}
),

first_months as (
    select date_trunc('month', min(metric_date))::date as month_start from daily
),

sums as (
    select
        month_comparisons.month_start,
        month_comparisons.period,
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
        sum(daily.list_amount) as list_amount,
        sum(daily.discount_amount) as discount_amount,
        sum(daily.spend_amount) as spend_amount,
        sum(daily.cohort_margin_amount) as cohort_margin_amount,
        sum(daily.cohort_paid_deals_count) as cohort_paid_deals_count,
        sum(daily.margin_missing_count) as margin_missing_count
    from month_comparisons
    inner join first_months
        on month_comparisons.month_start >= first_months.month_start
    inner join daily
        on {{ is_in_period('daily.metric_date') }}
    group by month_comparisons.month_start, month_comparisons.period
),

paid_by_period_end as (
    select
        month_comparisons.month_start,
        month_comparisons.period,
        sum(paid_leads.paid_leads_count) as paid_leads_count
    from month_comparisons
    inner join paid_leads
        on {{ is_in_period('paid_leads.metric_date') }}
        and month_comparisons.period_end >= paid_leads.first_paid_date
    group by month_comparisons.month_start, month_comparisons.period
),

-- Whoever paid or worked on several days of a period is one, so days cannot be added up.
customers as (
    select
        month_comparisons.month_start,
        month_comparisons.period,
        count(distinct paying_customers.customer_id) as customers_count
    from month_comparisons
    inner join paying_customers
        on {{ is_in_period('paying_customers.metric_date') }}
    group by month_comparisons.month_start, month_comparisons.period
),

working_managers as (
    select
        month_comparisons.month_start,
        month_comparisons.period,
        count(distinct activities.manager_id) as working_managers_count
    from month_comparisons
    inner join activities
        on {{ is_in_period('activities.metric_date') }}
    group by month_comparisons.month_start, month_comparisons.period
),

totals as (
    select
        sums.*,
        coalesce(paid_by_period_end.paid_leads_count, 0) as paid_leads_count,
        coalesce(customers.customers_count, 0) as customers_count,
        working_managers.working_managers_count
    from sums
    left join paid_by_period_end
        on sums.month_start = paid_by_period_end.month_start
        and sums.period = paid_by_period_end.period
    left join customers
        on sums.month_start = customers.month_start
        and sums.period = customers.period
    left join working_managers
        on sums.month_start = working_managers.month_start
        and sums.period = working_managers.period
),

-- A plan is for a whole month: of the months before, which are over, the whole is told.
goals_compared as (
    select month_comparisons.month_start, month_comparisons.period, measure.kpi_name, measure.value
    from month_comparisons
    inner join goals
        on date_trunc('month', month_comparisons.period_start) = goals.month_start
    cross join lateral (
        values
        ('plan_done_ratio', goals.plan_done_ratio),
        ('pace_ratio', goals.pace_ratio)
    ) as measure (kpi_name, value)
),

measures as (
    select * from goals_compared
    union all
    select totals.month_start, totals.period, measure.kpi_name, measure.value
    from totals
    cross join lateral (
        values
        ('revenue_amount', totals.revenue_amount),
        ('margin_amount', totals.margin_amount),
        ('discount_share', {{ discount_share('totals') }}),
        ('sales_count', totals.sales_count),
        ('average_check_amount', {{ average_check_amount('totals') }}),
        ('leads_count', totals.leads_count),
        ('new_leads_count', totals.new_leads_count),
        ('lead_to_paid_by_period_end_share', {{ lead_to_paid_share('totals') }}),
        ('won_deals_count', totals.won_deals_count),
        ('win_rate_count_share', {{ win_rate_count_share('totals') }}),
        ('bookings_amount', totals.bookings_amount),
        ('payments_count', totals.payments_count),
        ('customers_count', totals.customers_count),
        ('revenue_per_manager_amount', {{ revenue_per_manager_amount('totals') }}),
        ('spend_amount', totals.spend_amount),
        ('romi_ratio', {{ romi_ratio('totals') }})
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
        max(month_comparisons.period_end) as period_end,
        labels.explanation
    from measures
    inner join labels
        on measures.kpi_name = labels.kpi_name
    inner join month_comparisons
        on measures.month_start = month_comparisons.month_start
        and month_comparisons.period = 'current'
    group by
        measures.month_start,
        labels.position,
        labels.kpi_name,
        labels.label,
        labels.unit,
        labels.explanation
)

select * from kpis_monthly
