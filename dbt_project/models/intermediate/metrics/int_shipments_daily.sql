-- What was shipped, what it cost and what is left, by the day it went. What no deal explains stands
-- under `(no deal)`. Where a document does not tell its cost, it has no margin either: what share
-- of the shipped amount has one stands beside. So does what was shipped without a list price: no
-- discount can be told of it.
with

shipments as (
    select shipment_id, shipped_date, shipped_amount, cost_amount, list_amount, discount_amount
    from {{ ref('int_shipments') }}
    where shipment_excluded_reason is null
),

allocations as (
    select
        shipment_id,
        deal_id,
        shipped_date,
        manager_id,
        shipped_amount,
        cost_amount,
        list_amount,
        discount_amount
    from {{ ref('int_shipment_allocations') }}
),

deals as (
    select deal_id, channel from {{ ref('int_deals') }}
),

allocated as (
    select
        shipment_id,
        sum(shipped_amount) as shipped_amount,
        sum(cost_amount) as cost_amount,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount
    from allocations
    group by shipment_id
),

shares as (
    select
        allocations.shipped_date as metric_date,
        allocations.manager_id,
        deals.channel,
        allocations.shipped_amount,
        allocations.cost_amount,
        allocations.list_amount,
        allocations.discount_amount
    from allocations
    inner join deals
        on allocations.deal_id = deals.deal_id
    union all
    select
        shipments.shipped_date,
        'unassigned',
        '(no deal)',
        shipments.shipped_amount - coalesce(allocated.shipped_amount, 0),
        shipments.cost_amount - coalesce(allocated.cost_amount, 0),
        shipments.list_amount - coalesce(allocated.list_amount, 0),
        shipments.discount_amount - coalesce(allocated.discount_amount, 0)
    from shipments
    left join allocated
        on shipments.shipment_id = allocated.shipment_id
    -- Halves of what does not halve are a kopeck more or less than the whole.
    where
        (
            shipments.shipped_amount,
            shipments.cost_amount,
            shipments.list_amount,
            shipments.discount_amount
        ) is distinct from (
            allocated.shipped_amount,
            allocated.cost_amount,
            allocated.list_amount,
            allocated.discount_amount
        )
),

int_shipments_daily as (
    select
        metric_date,
        manager_id,
        channel,
        sum(shipped_amount) as shipped_amount,
        coalesce(sum(cost_amount), 0) as cost_amount,
        coalesce(sum(shipped_amount) filter (where cost_amount is not null), 0)
            as shipped_with_cost_amount,
        coalesce(sum(shipped_amount - cost_amount), 0) as margin_amount,
        coalesce(sum(list_amount), 0) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(shipped_amount - coalesce(list_amount - discount_amount, 0))
            as shipped_without_list_price_amount
    from shares
    group by metric_date, manager_id, channel
)

select * from int_shipments_daily
