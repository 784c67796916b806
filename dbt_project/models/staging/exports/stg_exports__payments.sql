select
    {{ source_key('exports', 'account_name', 'payment_id') }} as payment_id,
    {{ source_key('exports', 'account_name', 'deal_id') }} as deal_id,
    {{ source_key('exports', 'account_name', 'customer_key') }} as export_customer_id,
    payer_name,
    {{ tax_number_digits('payer_tax_number') }} as tax_number,
    paid_at,
    amount as document_amount,
    currency_code as document_currency_code,
    operation_kind,
    purpose,
    is_posted,
    coalesce(is_deleted, false) as is_deleted
from {{ source('raw_exports', 'payments') }}
