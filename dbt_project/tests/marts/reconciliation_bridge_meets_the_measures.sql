-- The bridge counts records by itself, or it would prove nothing. What it comes to is what others
-- read from the measures, day by day. An enquiry stands in the bridge under its lead's channel, and
-- the money of a payment for several deals under the channel of one, so enquiries and money meet
-- over all channels.
with

subtotals as (
    select period_start as metric_date, channel, step, row_count, amount
    from {{ ref('reconciliation_bridge') }}
    where grain = 'day' and row_kind = 'subtotal'
),

counted as (
    select
        metric_date,
        case when step = 'enquiries' then '(all)' else channel end as channel,
        step || '_count' as measure,
        row_count as value
    from subtotals
    where step in ('enquiries', 'leads', 'won_deals', 'sales', 'payments')
    union all
    select metric_date, '(all)', 'revenue_amount', amount
    from subtotals
    where step = 'payments'
),

measured as (
    select metric_date, '(all)' as channel, 'enquiries_count' as measure, enquiries_count as value
    from {{ ref('int_enquiries_daily') }}
    union all
    select metric_date, channel, 'leads_count', leads_count from {{ ref('int_leads_daily') }}
    union all
    select metric_date, channel, 'won_deals_count', won_deals_count
    from {{ ref('int_deals_daily') }}
    union all
    select metric_date, channel, 'sales_count', sales_count from {{ ref('int_deals_daily') }}
    union all
    select metric_date, channel, 'payments_count', payments_count
    from {{ ref('int_payments_daily') }}
    union all
    select metric_date, '(all)', 'revenue_amount', revenue_amount
    from {{ ref('int_payments_daily') }}
),

differences as (
    select metric_date, channel, measure, value from counted
    union all
    select metric_date, channel, measure, -value from measured
)

select metric_date, channel, measure, sum(value) as difference
from differences
group by metric_date, channel, measure
having sum(value) <> 0
