-- Every agreed count of a month is as many records of the trace as it says.
with

counted as (
    {%- for measure, model in [
        ('enquiries_count', 'int_enquiries_daily'),
        ('leads_count', 'int_leads_daily'),
        ('won_deals_count', 'int_deals_daily'),
        ('sales_count', 'int_deals_daily'),
        ('payments_count', 'int_payments_daily'),
    ] %}
    select
        '{{ measure }}' as measure,
        date_trunc('month', metric_date)::date as month,
        sum({{ measure }}) as records_count
    from {{ ref(model) }}
    group by date_trunc('month', metric_date)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

traced as (
    select about as measure, detail::date as month, count(distinct record_id) as records_count
    from {{ ref('record_trace') }}
    where fact = 'is_counted'
    group by about, detail
)

select
    coalesce(counted.measure, traced.measure) as measure,
    coalesce(counted.month, traced.month) as month,
    counted.records_count,
    traced.records_count as traced_count
from counted
full join traced
    on counted.measure = traced.measure and counted.month = traced.month
where coalesce(counted.records_count, 0) <> coalesce(traced.records_count, 0)
