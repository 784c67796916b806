with

int_notes_unioned as (
    select
        note_id,
        note_type,
        deal_id,
        null::text as crm_lead_id,
        contact_id,
        manager_id,
        call_key,
        call_seconds,
        call_seconds > 0 as is_answered,
        phone,
        recording_url,
        created_at
    from {{ ref('stg_amocrm__notes') }}
    union all
    select
        note_id,
        'chat_out',
        deal_id,
        null,
        contact_id,
        manager_id,
        null,
        null,
        null,
        null,
        null,
        created_at
    from {{ ref('stg_amocrm__chat_messages') }}
    union all
    select
        note_id,
        note_type,
        deal_id,
        crm_lead_id,
        contact_id,
        manager_id,
        call_key,
        call_seconds,
        is_answered,
        phone,
        null,
        created_at
    from {{ ref('stg_bitrix24__notes') }}
)

select * from int_notes_unioned
