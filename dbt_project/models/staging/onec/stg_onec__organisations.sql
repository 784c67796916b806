select
    {{ source_key('onec', 'account_name', 'ref_key') }} as organisation_id,
    coalesce(nullif(full_name, ''), description) as organisation_name,
    nullif(regexp_replace(inn, '\D', '', 'g'), '') as tax_number,
    coalesce(deletion_mark, false) as is_deleted
from {{ source('raw_onec', 'organisations') }}
