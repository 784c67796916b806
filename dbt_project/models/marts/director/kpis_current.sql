-- The director's screen: the running month of kpis_monthly.
with

monthly as (
    select * from {{ ref('kpis_monthly') }}
),

kpis_current as (
    select
        position,
        kpi_name,
        label,
        unit,
        current_value,
        previous_value,
        year_ago_value,
        month_start as period_start,
        period_end,
        explanation
    from monthly
    where month_start = date_trunc('month', {{ business_date(business_now()) }})::date
)

select * from kpis_current
