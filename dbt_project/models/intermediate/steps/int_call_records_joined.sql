-- Calls of which records are traces. Records with the exchange's id of the call are one call. What
-- only the exchange knows and what only the CRM knows are one call where number, direction and user
-- agree and the starts lie a minute apart at most: nearest pairs first, each to one other, so that
-- a second note within the minute stays a call of its own.
with recursive

records as (
    select * from {{ ref('int_call_records_collected') }}
),

keyed as (
    select
        records.*,
        coalesce('key:' || call_key, 'record:' || record_id) as event_key,
        row_number() over (
            partition by coalesce('key:' || call_key, 'record:' || record_id)
            order by trust, started_at, record_id
        ) as place
    from records
),

events as (
    select
        event_key,
        min(trust) = 1 as is_of_exchange,
        max(trust) > 1 as is_of_crm,
        min(started_at) filter (where place = 1) as started_at,
        min(call_direction) filter (where place = 1) as call_direction,
        min(phone) filter (where place = 1) as phone,
        min(manager_id) filter (where place = 1) as manager_id
    from keyed
    group by event_key
),

-- Only calls of one number with no longer a pause between can be a pair.
unpaired as (
    select
        *,
        coalesce(
            started_at - lag(started_at) over neighbours
            > interval '{{ var("call_pairing_seconds") }} seconds',
            true
        ) as starts_cluster
    from events
    where is_of_exchange <> is_of_crm and phone is not null
    window neighbours as (
        partition by phone, call_direction
        order by started_at, event_key
    )
),

clustered as (
    select
        *,
        sum(starts_cluster::integer) over (
            partition by phone, call_direction
            order by started_at, event_key
            rows unbounded preceding
        ) as cluster_number
    from unpaired
),

candidates as (
    select
        of_exchange.phone,
        of_exchange.call_direction,
        of_exchange.cluster_number,
        of_exchange.event_key as exchange_key,
        of_crm.event_key as crm_key,
        row_number() over (
            partition by
                of_exchange.phone,
                of_exchange.call_direction,
                of_exchange.cluster_number
            order by
                greatest(
                    of_exchange.started_at - of_crm.started_at,
                    of_crm.started_at - of_exchange.started_at
                ),
                of_exchange.started_at,
                of_exchange.event_key,
                of_crm.event_key
        ) as place
    from clustered as of_exchange
    inner join clustered as of_crm
        on of_exchange.phone = of_crm.phone
        and of_exchange.call_direction = of_crm.call_direction
        and of_exchange.cluster_number = of_crm.cluster_number
        and of_exchange.is_of_exchange
        and of_crm.is_of_crm
        and of_exchange.started_at between
        of_crm.started_at - interval '{{ var("call_pairing_seconds") }} seconds'
        and of_crm.started_at + interval '{{ var("call_pairing_seconds") }} seconds'
        -- Who does not know the user contradicts nobody.
        and coalesce(of_exchange.manager_id = of_crm.manager_id, true)
),

-- One candidate of every cluster a round; whoever has found another is taken.
pairs (phone, call_direction, cluster_number, place, exchange_key, crm_key, is_pair, taken) as (
    select
        phone,
        call_direction,
        cluster_number,
        place,
        exchange_key,
        crm_key,
        true,
        array[exchange_key, crm_key]
    from candidates
    where place = 1
    union all
    select
        candidates.phone,
        candidates.call_direction,
        candidates.cluster_number,
        candidates.place,
        candidates.exchange_key,
        candidates.crm_key,
        not pairs.taken && array[candidates.exchange_key, candidates.crm_key],
        case
            when pairs.taken && array[candidates.exchange_key, candidates.crm_key]
                then pairs.taken
            else pairs.taken || array[candidates.exchange_key, candidates.crm_key]
        end
    from pairs
    inner join candidates
        on pairs.phone = candidates.phone
        and pairs.call_direction = candidates.call_direction
        and pairs.cluster_number = candidates.cluster_number
        and pairs.place + 1 = candidates.place
),

records_of_calls as (
    select
        keyed.*,
        coalesce(pairs.exchange_key, keyed.event_key) as joined_key
    from keyed
    left join pairs
        on keyed.event_key = pairs.crm_key
        and pairs.is_pair
),

-- The most trusted record tells the call; what it does not know the next one may.
int_call_records_joined as (
    select
        (array_agg(record_id order by trust, started_at, record_id))[1] as call_id,
        (array_agg(source_name order by trust, started_at, record_id))[1] as source_name,
        (array_agg(call_direction order by trust, started_at, record_id))[1] as call_direction,
        (array_agg(started_at order by trust, started_at, record_id))[1] as started_at,
        (array_agg(ended_at order by trust, started_at, record_id))[1] as ended_at,
        (array_agg(is_answered order by trust, started_at, record_id))[1] as is_answered,
        (array_agg(call_seconds order by trust, started_at, record_id))[1] as call_seconds,
        (array_agg(wait_seconds order by trust, started_at, record_id))[1] as wait_seconds,
        {%- for column in [
            'phone', 'called_number', 'manager_id', 'recording_url', 'crm_lead_id', 'deal_id',
            'contact_id',
        ] %}
        (array_agg({{ column }} order by trust, started_at, record_id)
            filter (where {{ column }} is not null))[1] as {{ column }},
        {%- endfor %}
        array_remove(array_agg(distinct call_key), null) as call_keys,
        array_remove(array_agg(distinct note_id), null) as note_ids,
        bool_or(is_linked) as is_linked
    from records_of_calls
    group by joined_key
)

select * from int_call_records_joined
