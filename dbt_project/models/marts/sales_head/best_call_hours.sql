-- When people take our calls: by weekday and hour over the last months. With too few calls an hour
-- has no share, for it would only be luck.
with

calls as (
    select metric_date, hour_of_day, calls_made_count, calls_taken_count
    from {{ ref('int_calls_by_hour_daily') }}
    where metric_date > {{ business_date(business_now()) }} - {{ var('best_hours_days') }}
),

totals as (
    select
        extract(isodow from metric_date)::integer as weekday_number,
        hour_of_day,
        sum(calls_made_count)::integer as calls_made_count,
        sum(calls_taken_count)::integer as calls_taken_count
    from calls
    group by weekday_number, hour_of_day
),

best_call_hours as (
    select
        weekday_number,
        hour_of_day,
        calls_made_count,
        calls_taken_count,
        case
            when calls_made_count >= {{ var('best_hours_calls') }}
                then {{ calls_taken_share('totals') }}
        end as calls_taken_share
    from totals
)

select * from best_call_hours
