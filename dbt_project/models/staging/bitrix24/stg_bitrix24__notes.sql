-- Activities: calls, letters, forms and chats. How long a call took is told by telephony alone (an
-- activity has a planned end); where that knows nothing, the portal's mark tells a missed one.
with

activities as (
    select * from {{ source('raw_bitrix24', 'activities') }}
),

calls as (
    select account_name, crm_activity_id, max(call_duration) as call_seconds
    from {{ source('raw_bitrix24', 'calls') }}
    group by account_name, crm_activity_id
),

stg_bitrix24__notes as (
    select
        {{ source_key('bitrix24', 'activities.account_name', "'note-' || activities.id") }}
            as note_id,
        case
            when activities.type_id = 2 and activities.direction = 1 then 'call_in'
            when activities.type_id = 2 then 'call_out'
            when activities.provider_id = 'CRM_EMAIL'
                then case activities.direction when 1 then 'mail_in' when 2 then 'mail_out' end
            when activities.provider_id = 'IMOPENLINES_SESSION'
                then case activities.direction when 1 then 'chat_in' when 2 then 'chat_out' end
            when activities.provider_id = 'CRM_SMS'
                then case activities.direction when 1 then 'sms_in' when 2 then 'sms_out' end
            else lower(activities.provider_id)
        end as note_type,
        case
            when activities.owner_type_id = 1
                then {{ source_key(
                    'bitrix24', 'activities.account_name', "'lead-' || activities.owner_id"
                ) }}
        end as crm_lead_id,
        case
            when activities.owner_type_id = 2
                then {{ source_key(
                    'bitrix24', 'activities.account_name', 'activities.owner_id::text'
                ) }}
        end as deal_id,
        case
            when activities.owner_type_id = 3
                then {{ source_key(
                    'bitrix24', 'activities.account_name', 'activities.owner_id::text'
                ) }}
        end as contact_id,
        -- A form, letter or chat that came in is nobody's act of ours.
        case
            when activities.type_id = 2 or activities.direction = 2
                then {{ bitrix24_manager(
                    'activities.account_name', 'activities.responsible_id'
                ) }}
        end as manager_id,
        -- Telephony marks its activities with VI_ and its own id of the call.
        case when activities.type_id = 2 then {{ bitrix24_call_key('activities.origin_id') }} end
            as call_key,
        calls.call_seconds,
        case
            when activities.type_id = 2
                then coalesce(
                    calls.call_seconds > 0,
                    not coalesce(activities.settings @> '{"MISSED_CALL": true}', false)
                )
        end as is_answered,
        case
            when activities.type_id = 2
                then {{ normalised_phone("(activities.communications #>> '{0,VALUE}')") }}
        end as phone,
        activities.created_at
    from activities
    left join calls
        on activities.account_name = calls.account_name
        and activities.id = calls.crm_activity_id
    where
        activities._gone_at is null
        -- A call that is planned has not been made.
        and (
            activities.type_id <> 2
            or activities.completed is not false
            or calls.crm_activity_id is not null
        )
)

select * from stg_bitrix24__notes
