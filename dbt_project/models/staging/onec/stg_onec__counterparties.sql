select
    {{ source_key('onec', 'account_name', 'ref_key') }} as counterparty_id,
    coalesce(nullif(full_name, ''), description) as counterparty_name,
    nullif(regexp_replace(inn, '\D', '', 'g'), '') as tax_number,
    coalesce(deletion_mark, false) as is_deleted
from {{ source('raw_onec', 'counterparties') }}
where not coalesce(is_folder, false)
