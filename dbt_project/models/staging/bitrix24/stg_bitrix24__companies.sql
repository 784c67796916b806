select
    {{ source_key('bitrix24', 'account_name', 'id::text') }} as company_id,
    title as company_name,
    {{ tax_number_digits(bitrix24_field('tax_number')) }} as tax_number,
    created_at,
    _gone_at is not null as is_deleted
from {{ source('raw_bitrix24', 'companies') }}
