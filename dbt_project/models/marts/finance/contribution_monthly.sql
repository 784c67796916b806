-- What the goods of a month left after the ads and the other costs of that month, beside what was
-- to be spent on ads. Months before the first money say nothing.
with

daily as (
    select * from {{ ref('kpis_daily') }}
),

costs as (
    select metric_date as month_start, sum(costs_amount) as costs_amount
    from {{ ref('int_costs_daily') }}
    group by metric_date
),

budgets as (
    select month_start, sum(channel_budget_amount) as spend_budget_amount
    from {{ ref('int_channel_budgets') }}
    group by month_start
),

first_dates as (
    select min(metric_date) as first_date from daily
    where
        payments_count <> 0
        or revenue_amount <> 0
        or shipped_amount <> 0
        or spend_amount <> 0
),

months as (
    select
        date_trunc('month', daily.metric_date)::date as month_start,
        sum(daily.revenue_amount) as revenue_amount,
        sum(daily.shipped_amount) as shipped_amount,
        sum(daily.shipped_with_cost_amount) as shipped_with_cost_amount,
        sum(daily.margin_amount) as margin_amount,
        sum(daily.spend_amount) as spend_amount
    from daily
    inner join first_dates
        on daily.metric_date >= date_trunc('month', first_dates.first_date)
    group by month_start
),

contribution_monthly as (
    select
        months.month_start,
        months.revenue_amount,
        months.shipped_amount,
        months.shipped_with_cost_amount,
        months.margin_amount,
        months.spend_amount,
        budgets.spend_budget_amount,
        coalesce(costs.costs_amount, 0) as costs_amount,
        months.margin_amount - months.spend_amount - coalesce(costs.costs_amount, 0)
            as contribution_amount,
        '{{ company_currency() }}' as currency_code
    from months
    left join costs
        on months.month_start = costs.month_start
    left join budgets
        on months.month_start = budgets.month_start
)

select * from contribution_monthly
