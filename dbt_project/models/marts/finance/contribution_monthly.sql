-- What the goods of a month left after the ads and the other costs of that month, beside what was
-- to be spent on ads. Months begin with the first money, or the first cost or budget.
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

money as (
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

months as (
    select
        month_start,
        coalesce(money.revenue_amount, 0) as revenue_amount,
        coalesce(money.shipped_amount, 0) as shipped_amount,
        coalesce(money.shipped_with_cost_amount, 0) as shipped_with_cost_amount,
        coalesce(money.margin_amount, 0) as margin_amount,
        coalesce(money.spend_amount, 0) as spend_amount,
        budgets.spend_budget_amount,
        coalesce(costs.costs_amount, 0) as costs_amount
    from money
    full join costs using (month_start)
    full join budgets using (month_start)
    where month_start <= {{ business_date(business_now()) }}
),

contribution_monthly as (
    select
        month_start,
        revenue_amount,
        shipped_amount,
        shipped_with_cost_amount,
        margin_amount,
        spend_amount,
        spend_budget_amount,
        costs_amount,
        margin_amount - spend_amount - costs_amount as contribution_amount,
        '{{ company_currency() }}' as currency_code
    from months
)

select * from contribution_monthly
