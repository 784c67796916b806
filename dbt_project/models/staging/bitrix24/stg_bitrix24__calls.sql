-- Which card and which activity of the CRM the portal itself filed the call under.
select
    {{ source_key('bitrix24', 'account_name', "'call-' || id") }} as call_id,
    coalesce(nullif(external_call_id, ''), {{ bitrix24_call_key('call_id') }}) as call_key,
    case when call_type in (2, 3) then 'in' else 'out' end as call_direction,
    call_start_date as started_at,
    {{ normalised_phone('phone_number') }} as phone,
    case when call_type in (2, 3) then {{ normalised_phone('portal_number') }} end as called_number,
    {{ bitrix24_manager('account_name', 'portal_user_id') }} as manager_id,
    call_failed_code = '200' as is_answered,
    coalesce(call_duration, 0) as call_seconds,
    call_failed_code as call_outcome,
    record_file_id is not null or coalesce(call_record_url, '') <> '' as is_recorded,
    nullif(call_record_url, '') as recording_url,
    case
        when crm_entity_type = 'LEAD'
            then {{ source_key('bitrix24', 'account_name', "'lead-' || crm_entity_id") }}
    end as crm_lead_id,
    case
        when crm_entity_type = 'DEAL'
            then {{ source_key('bitrix24', 'account_name', 'crm_entity_id::text') }}
    end as deal_id,
    case
        when crm_entity_type = 'CONTACT'
            then {{ source_key('bitrix24', 'account_name', 'crm_entity_id::text') }}
    end as contact_id,
    coalesce(crm_entity_id, 0) > 0 as is_linked,
    {{ source_key('bitrix24', 'account_name', "'note-' || nullif(crm_activity_id, 0)") }}
        as note_id,
    cost as call_cost_amount
from {{ source('raw_bitrix24', 'calls') }}
