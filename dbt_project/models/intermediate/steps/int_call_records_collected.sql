-- Every trace a call may leave, legs joined: in the statistics of a telephone exchange, in the
-- portal's own telephony, in a note of the CRM. `trust` says whose word counts first, the smallest.
-- The user is told by the CRM itself; by an exchange with an extension, an e-mail or a name.
{%- set columns -%}
    record_id,
    trust,
    source_name,
    call_key,
    call_direction,
    started_at,
    ended_at,
    phone,
    called_number,
    manager_id,
    is_answered,
    call_seconds,
    wait_seconds,
    recording_url,
    note_id,
    crm_lead_id,
    deal_id,
    contact_id,
    is_linked
{%- endset %}
with

zadarma_legs as (
    select * from {{ ref('stg_zadarma__calls') }}
),

mango_calls as (
    select * from {{ ref('stg_mango__calls') }}
),

bitrix24_calls as (
    select * from {{ ref('stg_bitrix24__calls') }}
),

notes as (
    select * from {{ ref('int_notes_unioned') }}
    where note_type in ('call_in', 'call_out')
),

managers as (
    select manager_id, manager_name, email from {{ ref('int_managers') }}
),

extensions as (
    select source_name || ':' || account_name || ':' || extension as extension_id, manager_id
    from {{ ref('telephone_extensions') }}
    -- Somebody whom no CRM has (a typo, the users of a CRM before) is nobody, and silences no CRM.
    where manager_id in (select manager_id from managers)
),

-- Telephony names its activity outright, whatever keys the two carry.
keys_of_activities as (
    select note_id, min(call_key) as call_key
    from bitrix24_calls
    where note_id is not null
    group by note_id
),

-- Two managers of one name are nobody.
managers_by_email as (
    select email, min(manager_id) as manager_id
    from managers
    where email is not null
    group by email
    having count(*) = 1
),

managers_by_name as (
    select lower(manager_name) as manager_name, min(manager_id) as manager_id
    from managers
    group by lower(manager_name)
    having count(*) = 1
),

-- Who talked longest had the call, else who was rung last. How long Zadarma's telephones rang is
-- not known.
zadarma_calls as (
    select
        call_id as record_id,
        1 as trust,
        'zadarma' as source_name,
        min(call_key) as call_key,
        min(call_direction) as call_direction,
        min(started_at) as started_at,
        max(started_at + call_seconds * interval '1 second') as ended_at,
        (array_agg(phone order by started_at, call_leg_id) filter (where phone is not null))[1]
            as phone,
        (array_agg(called_number order by started_at, call_leg_id)
            filter (where called_number is not null))[1] as called_number,
        (array_agg(extension_id order by call_seconds desc, started_at desc, call_leg_id))[1]
            as extension_id,
        bool_or(is_answered) as is_answered,
        sum(call_seconds)::integer as call_seconds
    from zadarma_legs
    group by call_id
),

from_zadarma as (
    select
        zadarma_calls.*,
        extensions.manager_id,
        null::integer as wait_seconds,
        null::text as recording_url,
        null::text as note_id,
        null::text as crm_lead_id,
        null::text as deal_id,
        null::text as contact_id,
        false as is_linked
    from zadarma_calls
    left join extensions
        on zadarma_calls.extension_id = extensions.extension_id
),

from_mango as (
    select
        mango_calls.call_id as record_id,
        1 as trust,
        'mango' as source_name,
        mango_calls.call_key,
        mango_calls.call_direction,
        mango_calls.started_at,
        mango_calls.started_at
        + (mango_calls.call_seconds + coalesce(mango_calls.wait_seconds, 0)) * interval '1 second'
            as ended_at,
        mango_calls.phone,
        mango_calls.called_number,
        coalesce(
            extensions.manager_id, managers_by_email.manager_id, managers_by_name.manager_id
        ) as manager_id,
        mango_calls.is_answered,
        mango_calls.call_seconds::integer as call_seconds,
        mango_calls.wait_seconds::integer as wait_seconds,
        mango_calls.recording_urls ->> 0 as recording_url,
        null::text as note_id,
        null::text as crm_lead_id,
        null::text as deal_id,
        null::text as contact_id,
        false as is_linked
    from mango_calls
    left join extensions
        on mango_calls.extension_id = extensions.extension_id
    left join managers_by_email
        on mango_calls.email = managers_by_email.email
    left join managers_by_name
        on lower(mango_calls.employee_name) = managers_by_name.manager_name
),

from_bitrix24 as (
    select
        call_id as record_id,
        2 as trust,
        'bitrix24' as source_name,
        call_key,
        call_direction,
        started_at,
        started_at + call_seconds * interval '1 second' as ended_at,
        phone,
        called_number,
        manager_id,
        is_answered,
        call_seconds::integer as call_seconds,
        null::integer as wait_seconds,
        recording_url,
        null::text as note_id,
        crm_lead_id,
        deal_id,
        contact_id,
        is_linked
    from bitrix24_calls
),

from_notes as (
    select
        notes.note_id as record_id,
        3 as trust,
        split_part(notes.note_id, ':', 1) as source_name,
        coalesce(keys_of_activities.call_key, notes.call_key) as call_key,
        case notes.note_type when 'call_in' then 'in' else 'out' end as call_direction,
        notes.created_at as started_at,
        notes.created_at + coalesce(notes.call_seconds, 0) * interval '1 second' as ended_at,
        notes.phone,
        null::text as called_number,
        notes.manager_id,
        coalesce(notes.is_answered, false) as is_answered,
        coalesce(notes.call_seconds, 0)::integer as call_seconds,
        null::integer as wait_seconds,
        notes.recording_url,
        notes.note_id,
        notes.crm_lead_id,
        notes.deal_id,
        notes.contact_id,
        true as is_linked
    from notes
    left join keys_of_activities
        on notes.note_id = keys_of_activities.note_id
),

int_call_records_collected as (
    select {{ columns }} from from_zadarma
    union all
    select {{ columns }} from from_mango
    union all
    select {{ columns }} from from_bitrix24
    union all
    select {{ columns }} from from_notes
)

select * from int_call_records_collected
