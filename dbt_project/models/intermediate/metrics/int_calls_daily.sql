-- Measures of calls, by the day they began; calls between colleagues are none. A call's channel is
-- that of its deal, else of the last lead its person had by then. The minutes until missed callers
-- were rung back are kept one by one: a median is of them, and no mean of medians.
with

calls as (
    select
        call_id,
        call_direction,
        started_at,
        started_date,
        is_answered,
        is_effective,
        is_lost,
        call_seconds,
        callback_minutes,
        manager_id,
        person_id,
        deal_id
    from {{ ref('int_calls') }}
    where call_direction in ('in', 'out')
),

deals as (
    select deal_id, channel from {{ ref('int_deals') }}
),

leads as (
    select lead_id, person_id, channel, created_at from {{ ref('int_leads') }}
),

last_leads as (
    select distinct on (calls.call_id) calls.call_id, leads.channel
    from calls
    inner join leads
        on calls.person_id = leads.person_id
        and calls.started_at >= leads.created_at
    order by calls.call_id, leads.created_at desc, leads.lead_id
),

calls_of_channels as (
    select calls.*, coalesce(deals.channel, last_leads.channel, '(blank)') as channel
    from calls
    left join deals
        on calls.deal_id = deals.deal_id
    left join last_leads
        on calls.call_id = last_leads.call_id
),

int_calls_daily as (
    select
        started_date as metric_date,
        manager_id,
        channel,
        count(*)::integer as calls_count,
        count(*) filter (where is_effective)::integer as effective_calls_count,
        count(*) filter (where call_direction = 'in' and not is_answered)::integer
            as missed_calls_count,
        count(*) filter (where is_lost)::integer as lost_calls_count,
        coalesce(sum(call_seconds) filter (where call_direction = 'in'), 0)::integer
            as inbound_talk_seconds,
        coalesce(sum(call_seconds) filter (where call_direction = 'out'), 0)::integer
            as outbound_talk_seconds,
        coalesce(
            array_agg(callback_minutes order by callback_minutes)
                filter (where callback_minutes is not null),
            '{}'
        ) as callback_minutes_list
    from calls_of_channels
    group by started_date, manager_id, channel
)

select * from int_calls_daily
