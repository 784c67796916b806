select
    {{ source_key('amocrm', 'account_name', 'id::text') }} as company_id,
    name as company_name,
    nullif(regexp_replace({{ amocrm_field('INN') }}, '\D', '', 'g'), '') as tax_number,
    created_at,
    coalesce(is_deleted, false) as is_deleted
from {{ source('raw_amocrm', 'companies') }}
