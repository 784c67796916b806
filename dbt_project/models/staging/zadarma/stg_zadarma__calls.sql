-- Zadarma tells one span of a leg, `seconds`: how long it rang is not known.
with

legs as (
    select *, pbx_call_id like 'in%' as is_incoming
    from {{ source('raw_zadarma', 'calls') }}
),

stg_zadarma__calls as (
    select
        {{ source_key('zadarma', 'account_name', 'leg_id') }} as call_leg_id,
        {{ source_key('zadarma', 'account_name', 'pbx_call_id') }} as call_id,
        regexp_replace(pbx_call_id, '^(in|out)_', '') as call_key,
        case when is_incoming then 'in' else 'out' end as call_direction,
        callstart as started_at,
        {{ normalised_phone('case when is_incoming then clid else destination end') }} as phone,
        case when is_incoming then {{ normalised_phone('destination') }} end as called_number,
        sip as extension,
        {{ source_key('zadarma', 'account_name', 'sip') }} as extension_id,
        disposition = 'answered' as is_answered,
        case when disposition = 'answered' then seconds else 0 end as call_seconds,
        disposition as call_outcome,
        coalesce(is_recorded, false) as is_recorded
    from legs
)

select * from stg_zadarma__calls
