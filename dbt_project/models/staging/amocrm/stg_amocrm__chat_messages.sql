-- What we wrote in chats and messengers: events alone tell of it, without its text. Some of it is
-- written by robots.
select
    {{ source_key('amocrm', 'account_name', "'message-' || id") }} as note_id,
    case
        when entity_type = 'lead'
            then {{ source_key('amocrm', 'account_name', 'entity_id::text') }}
    end as deal_id,
    case
        when entity_type = 'contact'
            then {{ source_key('amocrm', 'account_name', 'entity_id::text') }}
    end as contact_id,
    {{ amocrm_manager('account_name', 'created_by') }} as manager_id,
    created_at
from {{ source('raw_amocrm', 'events') }}
where type = 'outgoing_chat_message'
