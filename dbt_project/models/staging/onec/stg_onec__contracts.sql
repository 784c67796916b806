select
    {{ source_key('onec', 'account_name', 'ref_key') }} as contract_id,
    {{ source_key('onec', 'account_name', 'counterparty_key') }} as counterparty_id,
    {{ source_key('onec', 'account_name', 'organisation_key') }} as organisation_id,
    number as contract_number,
    description as contract_name,
    contract_kind,
    {{ business_date('signed_at') }} as signed_date,
    {{ business_date('valid_until') }} as valid_until_date,
    coalesce(deletion_mark, false) as is_deleted
from {{ source('raw_onec', 'contracts') }}
