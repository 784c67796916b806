select
    {{ source_key('onec', 'account_name', 'ref_key') }} as product_id,
    code as product_code,
    sku,
    coalesce(nullif(full_name, ''), description) as product_name,
    coalesce(is_service, product_kind = 'Услуга', false) as is_service,
    coalesce(deletion_mark, false) as is_deleted
from {{ source('raw_onec', 'products') }}
where not coalesce(is_folder, false)
