select
    {{ source_key(
        'onec',
        'documents.account_name',
        "documents.ref_key || ':' || (line.value ->> 'part') || (line.value ->> 'line_number')",
    ) }}
        as sales_document_line_id,
    {{ source_key('onec', 'documents.account_name', 'documents.ref_key') }} as sales_document_id,
    {{ source_key('onec', 'documents.account_name', "(line.value ->> 'product_key')") }}
        as product_id,
    line.value ->> 'part' as line_part,
    (line.value ->> 'quantity')::numeric as quantity,
    (line.value ->> 'amount')::numeric as line_amount,
    (line.value ->> 'vat_amount')::numeric as vat_amount,
    (line.value ->> 'cost_amount')::numeric as cost_amount
from {{ source('raw_onec', 'sales_documents') }} as documents
cross join lateral jsonb_array_elements(documents.lines) as line (value)
