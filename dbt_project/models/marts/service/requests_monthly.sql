-- Service by month: of the company, of each manager, of the channel customers once came through.
-- Medians are of the requests themselves, so each of them is told, and none made of others. What
-- was opened and answered stands in the month it was opened, what was resolved in that of its end.
with

months as (
    {{ months_begun() }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

daily as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        channel,
        complaints_count,
        resolved_count,
        rated_count,
        satisfied_count
    from {{ ref('int_service_requests_daily') }}
),

requests as (
    select
        manager_id,
        channel,
        date_trunc('month', opened_date)::date as opened_month_start,
        date_trunc('month', {{ business_date('resolved_at') }})::date as resolved_month_start,
        first_reply_minutes,
        resolution_minutes
    from {{ ref('int_service_requests') }}
    where request_excluded_reason is null
),

counts as (
    select
        dimensions.dimension,
        dimensions.dimension_value,
        daily.month_start,
        sum(daily.complaints_count)::integer as complaints_count,
        sum(daily.resolved_count)::integer as resolved_count,
        sum(daily.rated_count)::integer as rated_count,
        sum(daily.satisfied_count)::integer as satisfied_count
    from daily
    cross join lateral (
        values ('total', 'total'), ('channel', daily.channel), ('manager', daily.manager_id)
    ) as dimensions (dimension, dimension_value)
    group by dimensions.dimension, dimensions.dimension_value, daily.month_start
),

requests_by_dimension as (
    select requests.*, dimensions.dimension, dimensions.dimension_value
    from requests
    cross join lateral (
        values ('total', 'total'), ('channel', requests.channel), ('manager', requests.manager_id)
    ) as dimensions (dimension, dimension_value)
),

-- Who still waits has waited longest, as with leads.
replies as (
    select
        dimension,
        dimension_value,
        opened_month_start as month_start,
        nullif(
            percentile_disc(0.5) within group (order by coalesce(first_reply_minutes, 'infinity')),
            'infinity'
        ) as first_reply_median_minutes
    from requests_by_dimension
    group by dimension, dimension_value, opened_month_start
),

resolutions as (
    select
        dimension,
        dimension_value,
        resolved_month_start as month_start,
        percentile_disc(0.5) within group (order by resolution_minutes) / 60
            as resolution_median_hours
    from requests_by_dimension
    where resolved_month_start is not null
    group by dimension, dimension_value, resolved_month_start
),

first_months as (
    select dimension, dimension_value, min(month_start) as first_month_start
    from counts
    group by dimension, dimension_value
),

requests_monthly as (
    select
        months.month_start,
        first_months.dimension,
        first_months.dimension_value,
        case
            when first_months.dimension = 'manager' then managers.manager_name
            else first_months.dimension_value
        end as dimension_name,
        coalesce(counts.complaints_count, 0) as complaints_count,
        coalesce(counts.resolved_count, 0) as resolved_count,
        replies.first_reply_median_minutes,
        round(resolutions.resolution_median_hours, 2) as resolution_median_hours,
        coalesce(counts.rated_count, 0) as rated_count,
        {{ satisfaction_share('counts') }} as satisfaction_share
    from first_months
    inner join months
        on first_months.first_month_start <= months.month_start
    left join counts
        on months.month_start = counts.month_start
        and first_months.dimension = counts.dimension
        and first_months.dimension_value = counts.dimension_value
    left join replies
        on months.month_start = replies.month_start
        and first_months.dimension = replies.dimension
        and first_months.dimension_value = replies.dimension_value
    left join resolutions
        on months.month_start = resolutions.month_start
        and first_months.dimension = resolutions.dimension
        and first_months.dimension_value = resolutions.dimension_value
    left join managers
        on first_months.dimension = 'manager'
        and first_months.dimension_value = managers.manager_id
)

select * from requests_monthly
