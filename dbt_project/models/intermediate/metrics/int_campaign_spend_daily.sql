-- What each campaign cost and brought to the site, under the names its tags give to enquiries.
with

spend as (
    select
        spend_date,
        channel,
        campaign_name,
        {{ utm_word('utm_source') }} as utm_source,
        {{ utm_word('utm_campaign') }} as utm_campaign,
        spend_amount,
        impressions_count,
        clicks_count,
        conversions_count
    from {{ ref('int_ad_spend_daily') }}
),

int_campaign_spend_daily as (
    select
        spend_date as metric_date,
        channel,
        utm_source,
        utm_campaign,
        -- A campaign is called what its cabinet called it last.
        first_value(string_agg(distinct campaign_name, ', ' order by campaign_name)) over (
            partition by channel, utm_source, utm_campaign
            order by spend_date desc
        ) as campaign_name,
        sum(spend_amount) as spend_amount,
        coalesce(sum(impressions_count), 0)::bigint as impressions_count,
        coalesce(sum(clicks_count), 0)::bigint as clicks_count,
        coalesce(sum(conversions_count), 0)::bigint as conversions_count
    from spend
    group by spend_date, channel, utm_source, utm_campaign
)

select * from int_campaign_spend_daily
