select
    {{ source_key('onec', 'account_name', 'ref_key') }} as return_id,
    number as document_number,
    document_at as returned_at,
    {{ source_key('onec', 'account_name', 'counterparty_key') }} as counterparty_id,
    {{ source_key('onec', 'account_name', 'sales_document_key') }} as sales_document_id,
    amount as document_amount,
    coalesce(posted, false) as is_posted,
    coalesce(deletion_mark, false) or _gone_at is not null as is_deleted
from {{ source('raw_onec', 'returns') }}
