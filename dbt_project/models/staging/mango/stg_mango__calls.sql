-- A group's leg holds its telephones as members; who talked longest had the call, else who was
-- rung last. A call between two employees has no phone.
with

calls as (
    select * from {{ source('raw_mango', 'calls') }}
),

users as (
    select account_name, user_id, name, email, extension from {{ source('raw_mango', 'users') }}
),

telephones as (
    select
        calls.account_name,
        calls.entry_id,
        (telephone.value ->> 'call_abonent_id')::bigint as user_id,
        (telephone.value ->> 'talk_duration')::bigint as talk_seconds,
        (telephone.value ->> 'call_start_time')::bigint as rang_at
    from calls
    cross join lateral jsonb_array_elements(calls.context_calls) as leg (value)
    cross join lateral jsonb_array_elements(
        case
            when leg.value ->> 'call_type' = 'group' and leg.value -> 'members' != 'null'
                then leg.value -> 'members'
            else jsonb_build_array(leg.value)
        end
    ) as telephone (value)
    where telephone.value ->> 'call_type' in ('user', 'number')
),

who_had_the_call as (
    select distinct on (account_name, entry_id) account_name, entry_id, user_id
    from telephones
    order by account_name, entry_id, talk_seconds desc nulls last, rang_at desc nulls last
),

stg_mango__calls as (
    select
        {{ source_key('mango', 'calls.account_name', 'calls.entry_id') }} as call_id,
        calls.entry_id as call_key,
        case calls.context_type when 1 then 'in' when 2 then 'out' when 3 then 'internal' end
            as call_direction,
        calls.context_start_time as started_at,
        case
            when calls.context_type = 1 then {{ normalised_phone('calls.caller_number') }}
            when calls.context_type = 2 then {{ normalised_phone('calls.called_number') }}
        end as phone,
        case when calls.context_type = 1 then {{ normalised_phone('calls.called_number') }} end
            as called_number,
        users.extension,
        {{ source_key('mango', 'calls.account_name', 'users.extension') }} as extension_id,
        nullif(users.name, '') as employee_name,
        {{ normalised_email('users.email') }} as email,
        calls.context_status = 1 as is_answered,
        coalesce(calls.talk_duration, 0) as call_seconds,
        calls.duration - coalesce(calls.talk_duration, 0) as wait_seconds,
        coalesce(jsonb_array_length(calls.recording_urls), 0) > 0 as is_recorded,
        calls.recording_urls,
        calls.cost as call_cost_amount
    from calls
    left join who_had_the_call
        on calls.account_name = who_had_the_call.account_name
        and calls.entry_id = who_had_the_call.entry_id
    left join users
        on who_had_the_call.account_name = users.account_name
        and who_had_the_call.user_id = users.user_id
)

select * from stg_mango__calls
