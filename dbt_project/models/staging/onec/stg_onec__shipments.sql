-- Goods and services that went to customers, and what came back, with a minus.
with

documents as (
    select
        account_name,
        ref_key,
        number,
        document_at,
        counterparty_key,
        currency_key,
        invoice_key,
        null as sales_document_key,
        amount,
        posted,
        deletion_mark,
        _gone_at
    from {{ source('raw_onec', 'sales_documents') }}
    union all
    select
        account_name,
        ref_key,
        number,
        document_at,
        counterparty_key,
        currency_key,
        null,
        sales_document_key,
        -amount,
        posted,
        deletion_mark,
        _gone_at
    from {{ source('raw_onec', 'returns') }}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__shipments as (
    select
        {{ source_key('onec', 'documents.account_name', 'documents.ref_key') }} as shipment_id,
        documents.number as document_number,
        documents.document_at as shipped_at,
        {{ source_key('onec', 'documents.account_name', 'documents.counterparty_key') }}
            as counterparty_id,
        {{ source_key('onec', 'documents.account_name', 'documents.invoice_key') }} as invoice_id,
        {{ source_key('onec', 'documents.account_name', 'documents.sales_document_key') }}
            as returned_shipment_id,
        documents.amount as document_amount,
        currencies.description as document_currency_code,
        coalesce(documents.posted, false) as is_posted,
        coalesce(documents.deletion_mark, false) or documents._gone_at is not null as is_deleted
    from documents
    left join currencies
        on documents.account_name = currencies.account_name
        and documents.currency_key = currencies.ref_key
)

select * from stg_onec__shipments
