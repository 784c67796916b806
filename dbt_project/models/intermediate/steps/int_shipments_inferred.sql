-- Which deal a shipment is for that names no invoice: rules 3 to 5, told in
-- macros/inferred_matches.sql. What a deal asks for is with VAT, and so is what is compared with
-- it.
with recursive

shipments as (
    select shipment_id, customer_id, shipped_at, shipped_date, document_amount
    from {{ ref('int_shipments') }}
    where
        shipment_excluded_reason is null
        and document_amount > 0
        and document_currency_code = '{{ company_currency() }}'
),

documents as (
    select shipment_id, counterparty_id from {{ ref('stg_onec__shipments') }}
),

namings as (
    select shipment_id, shipped_at, deal_id, document_amount, document_currency_code
    from {{ ref('int_shipments_named_by_invoices') }}
),

candidate_deals as (
    select deal_id, customer_id, person_id, created_at, due_amount
    from {{ ref('int_deals_awaiting_money') }}
),

recognised_payers as (
    select counterparty_id, person_id from {{ ref('int_payers_recognised_by_contacts') }}
),

named_allocations as (
    select
        shipment_id as document_id,
        shipped_at as happened_at,
        deal_id,
        document_amount as allocated_amount
    from namings
    where document_currency_code = '{{ company_currency() }}'
),

documents_to_infer as (
    select
        shipments.shipment_id as document_id,
        documents.counterparty_id,
        shipments.customer_id,
        shipments.shipped_at as happened_at,
        shipments.shipped_date as happened_date,
        shipments.document_amount as amount
    from shipments
    inner join documents
        on shipments.shipment_id = documents.shipment_id
    left join namings
        on shipments.shipment_id = namings.shipment_id
    where namings.shipment_id is null
),

{{ inferred_matches() }},

int_shipments_inferred as (
    select
        inferred.document_id as shipment_id,
        inferred.deal_id,
        trim_scale(inferred.allocated_amount / documents_to_infer.amount) as allocated_share,
        inferred.match_rule
    from inferred
    inner join documents_to_infer
        on inferred.document_id = documents_to_infer.document_id
    where inferred.fitting_deals_count = 1
)

select * from int_shipments_inferred
