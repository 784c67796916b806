-- Calls of each manager by day and the channel of whoever was talked with.
with

measures as (
    select * from {{ ref('int_calls_daily') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

calls_daily as (
    select
        measures.metric_date,
        measures.manager_id,
        managers.manager_name,
        managers.department_name,
        measures.channel,
        measures.calls_count,
        measures.effective_calls_count,
        measures.missed_calls_count,
        measures.lost_calls_count,
        round(measures.inbound_talk_seconds / 60.0, 1) as inbound_talk_minutes,
        round(measures.outbound_talk_seconds / 60.0, 1) as outbound_talk_minutes,
        (
            select
                percentile_cont(0.5) within group (order by callback.minutes)::numeric
            from unnest(measures.callback_minutes_list) as callback (minutes)
        ) as callback_median_minutes
    from measures
    left join managers
        on measures.manager_id = managers.manager_id
)

select * from calls_daily
