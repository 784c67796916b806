-- Which deal a shipment is for, and how much of it, by the rules of payments. A return follows its
-- shipment, so that a deal's margin is what it kept.
with

shipments as (
    select
        shipment_id,
        shipped_at,
        shipped_date,
        shipped_amount,
        cost_amount,
        list_amount,
        discount_amount
    from {{ ref('int_shipments') }}
    where shipment_excluded_reason is null
),

documents as (
    select shipment_id, returned_shipment_id from {{ ref('stg_onec__shipments') }}
),

candidate_deals as (
    select deal_id from {{ ref('int_deals_awaiting_money') }}
),

namings as (
    select shipment_id, deal_id from {{ ref('int_shipments_named_by_invoices') }}
),

inferred as (
    select shipment_id, deal_id, allocated_share, match_rule
    from {{ ref('int_shipments_inferred') }}
),

responsible_spans as (
    select deal_id, manager_id, valid_from, valid_to
    from {{ ref('int_deal_spans_by_responsible') }}
),

allocated as (
    select namings.shipment_id, namings.deal_id, 1::numeric as allocated_share, 1 as match_rule
    from namings
    inner join candidate_deals
        on namings.deal_id = candidate_deals.deal_id
    union all
    select * from inferred
    union all
    select documents.shipment_id, inferred.deal_id, inferred.allocated_share, inferred.match_rule
    from documents
    inner join inferred
        on documents.returned_shipment_id = inferred.shipment_id
),

int_shipment_allocations as (
    select
        md5(allocated.shipment_id || '|' || allocated.deal_id) as allocation_id,
        allocated.shipment_id,
        allocated.deal_id,
        round(shipments.shipped_amount * allocated.allocated_share, 2)::numeric(18, 2)
            as shipped_amount,
        round(shipments.cost_amount * allocated.allocated_share, 2)::numeric(18, 2)
            as cost_amount,
        round(shipments.list_amount * allocated.allocated_share, 2)::numeric(18, 2)
            as list_amount,
        round(shipments.discount_amount * allocated.allocated_share, 2)::numeric(18, 2)
            as discount_amount,
        allocated.match_rule::integer as match_rule,
        shipments.shipped_at,
        shipments.shipped_date,
        coalesce(responsible_spans.manager_id, 'unassigned') as manager_id,
        false as is_deleted
    from allocated
    inner join shipments
        on allocated.shipment_id = shipments.shipment_id
    left join responsible_spans
        on allocated.deal_id = responsible_spans.deal_id
        and shipments.shipped_at >= responsible_spans.valid_from
        and shipments.shipped_at < responsible_spans.valid_to
)

select * from int_shipment_allocations
