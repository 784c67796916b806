select
    {{ source_key('amocrm', 'account_name', 'id') }} as event_id,
    {{ source_key('amocrm', 'account_name', 'entity_id::text') }} as deal_id,
    created_at as changed_at,
    {{ amocrm_manager('account_name', "(value_before #>> '{0,responsible_user,id}')") }}
        as from_manager_id
from {{ source('raw_amocrm', 'events') }}
where type = 'entity_responsible_changed' and entity_type = 'lead'
