-- Every document that delivered something to a customer or took it back. Only rows without
-- `shipment_excluded_reason` are shipments in the agreed sense.
with

shipments as (
    select * from {{ ref('stg_onec__shipments') }}
),

counterparties as (
    select counterparty_id, customer_id from {{ ref('int_counterparties_with_customers') }}
),

lines as (
    select shipment_id, shipped_amount, cost_amount, list_amount
    from {{ ref('int_shipment_lines_valued') }}
),

-- A cost that one line lacks makes the document's unknown: a part of it would look like a margin.
-- A list price that one line lacks leaves the line out of both the list and the discount.
totals as (
    select
        shipment_id,
        sum(shipped_amount) as shipped_amount,
        case when bool_and(cost_amount is not null) then sum(cost_amount) end as cost_amount,
        sum(list_amount) as list_amount,
        sum(list_amount - shipped_amount) as discount_amount
    from lines
    group by shipment_id
),

int_shipments as (
    select
        shipments.shipment_id,
        shipments.document_number,
        coalesce(counterparties.customer_id, 'counterparty:' || shipments.counterparty_id)
            as customer_id,
        shipments.shipped_at,
        {{ business_date('shipments.shipped_at') }} as shipped_date,
        shipments.document_amount,
        shipments.document_currency_code,
        totals.shipped_amount,
        totals.cost_amount,
        totals.list_amount::numeric(18, 2) as list_amount,
        totals.discount_amount::numeric(18, 2) as discount_amount,
        shipments.document_amount < 0 as is_return,
        case
            when shipments.is_deleted then 'marked_for_deletion'
            when not shipments.is_posted then 'not_posted'
        end as shipment_excluded_reason,
        shipments.is_deleted
    from shipments
    left join totals
        on shipments.shipment_id = totals.shipment_id
    left join counterparties
        on shipments.counterparty_id = counterparties.counterparty_id
)

select * from int_shipments
