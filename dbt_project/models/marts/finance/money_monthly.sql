-- Whose money came through which channel, and what was shipped, by month. Each channel of a manager
-- has a row for every month since its first money: one without any is a row of zeros.
with

months as (
    {{ months_begun() }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
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

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        channel,
        sum(payments.payments_count) as payments_count,
        sum(payments.revenue_amount) as revenue_amount,
        sum(deals.sales_count) as sales_count,
        sum(deals.sales_paid_amount) as sales_paid_amount,
        sum(deals.bookings_amount) as bookings_amount,
        sum(shipments.shipped_amount) as shipped_amount,
        sum(shipments.cost_amount) as cost_amount,
        sum(shipments.margin_amount) as margin_amount,
        sum(shipments.list_amount) as list_amount,
        sum(shipments.discount_amount) as discount_amount,
        sum(shipments.shipped_without_list_price_amount) as shipped_without_list_price_amount
    from deals
    full join payments using (metric_date, manager_id, channel)
    full join shipments using (metric_date, manager_id, channel)
    where
        payments.metric_date is not null
        or shipments.metric_date is not null
        or deals.sales_count > 0
        or deals.won_deals_count > 0
    group by month_start, manager_id, channel
),

first_months as (
    select manager_id, channel, min(month_start) as first_month_start
    from measures
    group by manager_id, channel
),

totals as (
    select
        months.month_start,
        first_months.manager_id,
        first_months.channel,
        coalesce(measures.payments_count, 0)::integer as payments_count,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        coalesce(measures.sales_count, 0)::integer as sales_count,
        coalesce(measures.sales_paid_amount, 0) as sales_paid_amount,
        coalesce(measures.bookings_amount, 0) as bookings_amount,
        coalesce(measures.shipped_amount, 0) as shipped_amount,
        coalesce(measures.cost_amount, 0) as cost_amount,
        coalesce(measures.margin_amount, 0) as margin_amount,
        coalesce(measures.list_amount, 0) as list_amount,
        measures.discount_amount,
        coalesce(measures.shipped_without_list_price_amount, 0)
            as shipped_without_list_price_amount
    from first_months
    inner join months
        on first_months.first_month_start <= months.month_start
    left join measures
        on first_months.manager_id = measures.manager_id
        and first_months.channel = measures.channel
        and months.month_start = measures.month_start
),

money_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        totals.channel,
        totals.payments_count,
        totals.revenue_amount,
        totals.sales_count,
        {{ average_check_amount('totals') }} as average_check_amount,
        totals.bookings_amount,
        totals.shipped_amount,
        totals.cost_amount,
        totals.margin_amount,
        totals.list_amount,
        totals.discount_amount,
        {{ discount_share('totals') }} as discount_share,
        totals.shipped_without_list_price_amount,
        '{{ company_currency() }}' as currency_code
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from money_monthly
