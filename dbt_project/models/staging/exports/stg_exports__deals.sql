select
    {{ source_key('exports', 'account_name', 'deal_id') }} as deal_id,
    {{ source_key('exports', 'account_name', 'lead_id') }} as export_lead_id,
    {{ source_key('exports', 'account_name', 'coalesce(person_key, lead_id, deal_id)') }}
        as person_record_id,
    {{ source_key('exports', 'account_name', 'customer_key') }} as export_customer_id,
    customer_name,
    {{ tax_number_digits('tax_number') }} as tax_number,
    {{ normalised_phones('phone') }} as phones,
    {{ normalised_emails('email') }} as emails,
    name as deal_name,
    status,
    budget_amount,
    currency_code,
    {{ source_key('exports', 'account_name', "coalesce(pipeline_name, 'sales')") }} as pipeline_id,
    stage_name,
    loss_reason,
    {{ source_key('exports', 'account_name', 'manager_id') }} as manager_id,
    manager_name,
    created_at,
    closed_at,
    coalesce(is_deleted, false) as is_deleted
from {{ source('raw_exports', 'deals') }}
