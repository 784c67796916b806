select
    {{ source_key('amocrm', 'account_name', "'unsorted-' || uid") }} as unsorted_id,
    case category
        when 'forms' then 'form'
        when 'sip' then 'call'
        when 'chats' then 'chat'
        when 'mail' then 'mail'
    end as enquiry_kind,
    {{ source_key('amocrm', 'account_name', 'pipeline_id::text') }} as pipeline_id,
    {{ source_key('amocrm', 'account_name', "(leads #>> '{0,id}')") }} as deal_id,
    {{ source_key('amocrm', 'account_name', "(contacts #>> '{0,id}')") }} as contact_id,
    nullif(source_uid, '') as call_key,
    case when category = 'sip' then {{ normalised_phone("(metadata ->> 'from')") }} end as phone,
    created_at
from {{ source('raw_amocrm', 'unsorted') }}
