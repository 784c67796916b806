-- What the goods of a month left after the ads and the other costs of that month, beside what was
-- to be spent on ads.
with

dates as (
    select calendar_date from {{ ref('int_calendar') }}
    where date_trunc('month', calendar_date) <= {{ business_date(business_now()) }}
),

payments as (
    select metric_date, sum(revenue_amount) as revenue_amount from {{ ref('int_payments_daily') }}
    group by metric_date
),

shipments as (
    select
        metric_date,
        sum(shipped_amount) as shipped_amount,
        sum(shipped_with_cost_amount) as shipped_with_cost_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('int_shipments_daily') }}
    group by metric_date
),

spend as (
    select spend_date as metric_date, sum(spend_amount) as spend_amount
    from {{ ref('int_ad_spend_daily') }}
    group by spend_date
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
    select min(metric_date) as first_date
    from (
        select metric_date from payments
        union all
        select metric_date from shipments
        union all
        select metric_date from spend
    ) as every_date
),

months as (
    select
        date_trunc('month', dates.calendar_date)::date as month_start,
        coalesce(sum(payments.revenue_amount), 0) as revenue_amount,
        coalesce(sum(shipments.shipped_amount), 0) as shipped_amount,
        coalesce(sum(shipments.shipped_with_cost_amount), 0) as shipped_with_cost_amount,
        coalesce(sum(shipments.margin_amount), 0) as margin_amount,
        coalesce(sum(spend.spend_amount), 0) as spend_amount
    from dates
    cross join first_dates
    left join payments
        on dates.calendar_date = payments.metric_date
    left join shipments
        on dates.calendar_date = shipments.metric_date
    left join spend
        on dates.calendar_date = spend.metric_date
    where dates.calendar_date >= date_trunc('month', first_dates.first_date)
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
