-- Every chain of every grain, period and channel closes with nothing left: each subtotal plus the
-- steps after it is the next subtotal. Amounts close where there is money, from sales to payments.
with

bridge as (
    select * from {{ ref('reconciliation_bridge') }}
),

links (start_position, end_position) as (
    values (10, 20), (20, 30), (30, 40), (40, 50), (50, 60)
),

chains as (
    select
        bridge.grain,
        bridge.period_start,
        bridge.channel,
        links.start_position,
        coalesce(sum(bridge.row_count) filter (where bridge.position < links.end_position), 0)
            as chain_count,
        coalesce(sum(bridge.row_count) filter (where bridge.position = links.end_position), 0)
            as counted,
        coalesce(sum(bridge.amount) filter (where bridge.position < links.end_position), 0)
            as chain_amount,
        coalesce(sum(bridge.amount) filter (where bridge.position = links.end_position), 0)
            as amount
    from bridge
    inner join links
        on bridge.position between links.start_position and links.end_position
    group by bridge.grain, bridge.period_start, bridge.channel, links.start_position
)

select *
from chains
where
    chain_count <> counted
    or (start_position = 50 and chain_amount <> amount)
