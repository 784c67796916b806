-- Calls that we made, by the hour of the business zone they began in, and those somebody took.
with

calls as (
    select
        started_date,
        extract(hour from {{ business_local('started_at') }})::integer as hour_of_day,
        is_answered,
        manager_id
    from {{ ref('int_calls') }}
    where call_direction = 'out'
),

int_calls_by_hour_daily as (
    select
        started_date as metric_date,
        hour_of_day,
        manager_id,
        count(*)::integer as calls_made_count,
        count(*) filter (where is_answered)::integer as calls_taken_count
    from calls
    group by started_date, hour_of_day, manager_id
)

select * from int_calls_by_hour_daily
