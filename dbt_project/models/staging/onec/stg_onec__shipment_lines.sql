-- What a document ships line by line, and what comes back, with a minus.
with

documents as (
    select account_name, ref_key, lines, 1 as direction
    from {{ source('raw_onec', 'sales_documents') }}
    union all
    select account_name, ref_key, lines, -1
    from {{ source('raw_onec', 'returns') }}
),

stg_onec__shipment_lines as (
    select
        {{ source_key(
            'onec',
            'documents.account_name',
            "documents.ref_key || ':' || (line.value ->> 'part') || (line.value ->> 'line_number')",
        ) }}
            as shipment_line_id,
        {{ source_key('onec', 'documents.account_name', 'documents.ref_key') }} as shipment_id,
        {{ source_key('onec', 'documents.account_name', "(line.value ->> 'product_key')") }}
            as product_id,
        line.value ->> 'part' as line_part,
        documents.direction * (line.value ->> 'quantity')::numeric as quantity,
        documents.direction * (line.value ->> 'amount')::numeric as line_amount,
        documents.direction * (line.value ->> 'vat_amount')::numeric as vat_amount,
        documents.direction * (line.value ->> 'cost_amount')::numeric as cost_amount
    from documents
    cross join lateral jsonb_array_elements(documents.lines) as line (value)
)

select * from stg_onec__shipment_lines
