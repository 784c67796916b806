-- Silence in business hours that is both long and improbable: were leads as frequent as at the same
-- hours of the same weekdays of the last weeks, so many hours without one would hardly happen
-- (Poisson: the probability of none where `usual_leads_count` are usual).
with

leads as (
    select lead_id, created_at, channel, primary_deal_id from {{ ref('int_leads') }}
    where created_at <= {{ business_now() }}
),

recent_leads as (
    select created_at from leads
    where created_at >= {{ business_now() }} - interval '{{ var("alert_history_weeks") + 1 }} weeks'
),

deals as (
    select deal_id, deal_name, deal_url from {{ ref('int_deals') }}
),

calendar as (
    select opens_at, closes_at from {{ ref('int_calendar') }}
    where is_business_day
),

thresholds as (
    {{ alert_threshold('no_new_leads', 'silent_business_hours') }}
),

silence as (
    select max(created_at) as since_at, {{ business_now() }} as until_at
    from leads
),

-- The business-time pieces of the silence.
silent_pieces as (
    select
        greatest(silence.since_at, calendar.opens_at) as from_at,
        least(silence.until_at, calendar.closes_at) as to_at
    from silence
    inner join calendar
        on calendar.closes_at > silence.since_at
        and calendar.opens_at < silence.until_at
),

silent_hours as (
    select sum(extract(epoch from to_at - from_at)) / 3600 as business_hours
    from silent_pieces
),

usual as (
    select
        count(recent_leads.created_at)::numeric / {{ var('alert_history_weeks') }}
            as usual_leads_count
    from silent_pieces
    cross join generate_series(1, {{ var('alert_history_weeks') }}) as weeks (weeks_ago)
    left join recent_leads
        on recent_leads.created_at >= silent_pieces.from_at - weeks.weeks_ago * interval '7 days'
        and recent_leads.created_at < silent_pieces.to_at - weeks.weeks_ago * interval '7 days'
    -- A week of silence is improbable enough: a longer one is compared by its last week.
    where silent_pieces.from_at >= {{ business_now() }} - interval '7 days'
),

last_leads as (
    select
        jsonb_agg(
            jsonb_build_object(
                'title', coalesce(deals.deal_name, leads.channel),
                'url', deals.deal_url,
                'detail', to_char({{ business_local('leads.created_at') }}, 'DD.MM.YYYY HH24:MI')
            )
            order by leads.created_at desc
        ) as example_records
    from (
        select lead_id, created_at, channel, primary_deal_id
        from leads
        order by created_at desc
        limit 3
    ) as leads
    left join deals
        on leads.primary_deal_id = deals.deal_id
),

alert_no_new_leads as (
    select
        'no_new_leads' as alert_rule,
        'no_new_leads|company' as candidate_key,
        null::text as manager_id,
        null::text as manager_name,
        round(silent_hours.business_hours, 1) as observed_value,
        thresholds.threshold_value,
        'business_hours' as unit,
        silence.since_at,
        'warning' as severity,
        last_leads.example_records,
        jsonb_build_object('usual_leads_count', round(usual.usual_leads_count, 1)) as details,
        {{ business_now() }} as evaluated_at
    from silence
    cross join silent_hours
    cross join usual
    cross join thresholds
    cross join last_leads
    where
        silent_hours.business_hours > thresholds.threshold_value
        and exp(-usual.usual_leads_count) < {{ var('alert_improbable_share') }}
)

select * from alert_no_new_leads
