-- Calls and the rest of what people write. `call_responsible` may be an id or a name; who made the
-- note is the number of `created_by`, and for a call put there by the PBX the responsible one.
select
    {{ source_key('amocrm', 'account_name', "'note-' || entity_type || '-' || id") }} as note_id,
    -- Letters of the account's mailbox; `income` tells those that came.
    case
        when note_type = 'amomail_message' and params ->> 'income' in ('true', '1') then 'mail_in'
        when note_type = 'amomail_message' then 'mail_out'
        else note_type
    end as note_type,
    case
        when entity_type = 'leads'
            then {{ source_key('amocrm', 'account_name', 'entity_id::text') }}
    end as deal_id,
    case
        when entity_type = 'contacts'
            then {{ source_key('amocrm', 'account_name', 'entity_id::text') }}
    end as contact_id,
    coalesce(
        {{ amocrm_manager('account_name', 'created_by') }},
        case
            when params ->> 'call_responsible' ~ '^\d+$'
                then {{ amocrm_manager('account_name', "(params ->> 'call_responsible')") }}
        end,
        case
            when note_type in ('call_in', 'call_out')
                then {{ amocrm_manager('account_name', 'responsible_user_id') }}
        end
    ) as manager_id,
    nullif(params ->> 'uniq', '') as call_key,
    case when params ->> 'duration' ~ '^\d+$' then (params ->> 'duration')::integer end
        as call_seconds,
    {{ normalised_phone("(params ->> 'phone')") }} as phone,
    nullif(params ->> 'link', '') as recording_url,
    created_at
from {{ source('raw_amocrm', 'notes') }}
where _gone_at is null
