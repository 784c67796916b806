-- What a cabinet counts as conversions beside the enquiries that named its campaign, by day. The
-- cabinet tells no records, so nobody can say which enquiry it did not count: a gap is shown, never
-- explained. A day on which neither had any is a row too while the campaign was shown.
with

spend as (
    select
        metric_date,
        channel,
        utm_source,
        utm_campaign,
        campaign_name,
        clicks_count,
        conversions_count
    from {{ ref('int_campaign_spend_daily') }}
),

enquiries as (
    select
        metric_date,
        channel,
        utm_source,
        utm_campaign,
        enquiries_count,
        excluded_enquiries_count
    from {{ ref('int_campaign_enquiries_daily') }}
),

campaigns as (
    select distinct channel, utm_source, utm_campaign, campaign_name from spend
),

days as (
    select metric_date, channel, utm_source, utm_campaign from spend
    union
    select metric_date, channel, utm_source, utm_campaign from enquiries
),

cabinet_gap as (
    select
        days.metric_date,
        days.channel,
        days.utm_source,
        days.utm_campaign,
        campaigns.campaign_name,
        coalesce(spend.clicks_count, 0) as clicks_count,
        coalesce(spend.conversions_count, 0) as conversions_count,
        coalesce(enquiries.enquiries_count, 0) as enquiries_count,
        coalesce(enquiries.excluded_enquiries_count, 0) as excluded_enquiries_count,
        coalesce(enquiries.enquiries_count, 0) - coalesce(spend.conversions_count, 0) as gap_count
    from days
    inner join campaigns using (channel, utm_source, utm_campaign)
    left join spend using (metric_date, channel, utm_source, utm_campaign)
    left join enquiries using (metric_date, channel, utm_source, utm_campaign)
)

select * from cabinet_gap
