-- Which deal a shipment's own invoice is for, whether or not the deal counts (rule 1). A return is
-- for what its shipment was for.
with

shipments as (
    select shipment_id, shipped_at, document_amount, document_currency_code
    from {{ ref('int_shipments') }}
    where shipment_excluded_reason is null
),

documents as (
    select shipment_id, invoice_id, returned_shipment_id from {{ ref('stg_onec__shipments') }}
),

invoices as (
    select invoice_id, deal_id from {{ ref('int_invoices_linked_to_deals') }}
    where is_in_force and deal_id is not null
),

int_shipments_named_by_invoices as (
    select
        shipments.shipment_id,
        shipments.shipped_at,
        invoices.deal_id,
        shipments.document_amount,
        shipments.document_currency_code
    from shipments
    inner join documents
        on shipments.shipment_id = documents.shipment_id
    left join documents as returned_documents
        on documents.returned_shipment_id = returned_documents.shipment_id
    inner join invoices
        on coalesce(documents.invoice_id, returned_documents.invoice_id) = invoices.invoice_id
)

select * from int_shipments_named_by_invoices
