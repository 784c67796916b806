-- Requests to service by the day of each of their events: opened, ended.
with

requests as (
    select
        manager_id,
        channel,
        opened_date,
        {{ business_date('resolved_at') }} as resolved_date,
        service_rating
    from {{ ref('int_service_requests') }}
    where request_excluded_reason is null
),

request_events as (
    select opened_date as metric_date, 'opened' as event, * from requests
    union all
    select resolved_date, 'resolved', * from requests
    where resolved_date is not null
),

int_service_requests_daily as (
    select
        metric_date,
        manager_id,
        channel,
        count(*) filter (where event = 'opened')::integer as complaints_count,
        count(*) filter (where event = 'resolved')::integer as resolved_count,
        count(service_rating) filter (where event = 'resolved')::integer as rated_count,
        count(*) filter (
            where event = 'resolved' and service_rating >= {{ var('satisfied_rating') }}
        )::integer as satisfied_count
    from request_events
    group by metric_date, manager_id, channel
)

select * from int_service_requests_daily
