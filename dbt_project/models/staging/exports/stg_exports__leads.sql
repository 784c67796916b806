select
    {{ source_key('exports', 'account_name', 'lead_id') }} as export_lead_id,
    {{ source_key('exports', 'account_name', 'coalesce(person_key, lead_id)') }}
        as person_record_id,
    person_name,
    {{ normalised_phones('phone') }} as phones,
    {{ normalised_emails('email') }} as emails,
    {{ tax_number_digits('tax_number') }} as tax_number,
    nullif(trim(source_name), '') as source_word,
    nullif(trim(utm_source), '') as utm_source,
    nullif(trim(utm_medium), '') as utm_medium,
    nullif(trim(utm_campaign), '') as utm_campaign,
    {{ source_key('exports', 'account_name', 'manager_id') }} as manager_id,
    manager_name,
    city,
    client_type,
    coalesce(is_test, false) as is_test,
    created_at
from {{ source('raw_exports', 'leads') }}
