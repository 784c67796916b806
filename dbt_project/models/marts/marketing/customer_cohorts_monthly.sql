-- Who stays: customers by the month of their first payment, and each month of their own since: how
-- many of them paid again, with how much, and the margin of each of them so far.
with

months as (
    {{ months_begun() }}
),

customers as (
    select
        date_trunc('month', metric_date)::date as month_start,
        sum(new_customers_count)::integer as new_customers_count,
        sum(repeat_customers_count)::integer as repeat_customers_count,
        sum(year_old_customers_count)::integer as year_old_customers_count,
        sum(ltv_12m_margin_amount) as ltv_12m_margin_amount
    from {{ ref('int_customers_daily') }}
    group by month_start
),

returns as (
    select
        date_trunc('month', metric_date)::date as month_start,
        months_since,
        sum(active_customers_count) as active_customers_count,
        sum(customer_revenue_amount) as customer_revenue_amount,
        sum(customer_margin_amount) as customer_margin_amount
    from {{ ref('int_customer_returns_daily') }}
    group by month_start, months_since
),

ages as (
    select
        customers.month_start,
        customers.new_customers_count,
        customers.repeat_customers_count,
        customers.year_old_customers_count,
        customers.ltv_12m_margin_amount,
        (
            row_number() over (partition by customers.month_start order by months.month_start) - 1
        )::integer as months_since
    from customers
    inner join months
        on customers.month_start <= months.month_start
),

totals as (
    select
        ages.*,
        coalesce(returns.active_customers_count, 0)::integer as active_customers_count,
        coalesce(returns.customer_revenue_amount, 0) as customer_revenue_amount,
        coalesce(sum(returns.customer_margin_amount) over so_far, 0) as ltv_margin_amount
    from ages
    left join returns
        on ages.month_start = returns.month_start
        and ages.months_since = returns.months_since
    window so_far as (
        partition by ages.month_start
        order by ages.months_since
        rows between unbounded preceding and current row
    )
),

customer_cohorts_monthly as (
    select
        month_start,
        months_since,
        (month_start + make_interval(months => months_since + 2))::date
        <= {{ business_date(business_now()) }} as is_complete,
        new_customers_count,
        active_customers_count,
        {{ retention_share('totals') }} as retention_share,
        customer_revenue_amount,
        {{ ltv_amount('totals') }} as ltv_amount,
        year_old_customers_count,
        {{ ltv_12m_amount('totals') }} as ltv_12m_amount,
        repeat_customers_count,
        {{ repeat_customer_share('totals') }} as repeat_customer_share,
        '{{ company_currency() }}' as currency_code
    from totals
)

select * from customer_cohorts_monthly
