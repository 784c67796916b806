-- The bridge in one line: the running month, all channels together.
with

bridge as (
    select position, step, row_kind, row_count from {{ ref('reconciliation_bridge') }}
    where
        grain = 'month'
        and period_start = date_trunc('month', {{ business_date(business_now()) }})::date
),

bridge_current as (
    select position, step, row_kind, sum(row_count)::integer as row_count
    from bridge
    group by position, step, row_kind
)

select * from bridge_current
