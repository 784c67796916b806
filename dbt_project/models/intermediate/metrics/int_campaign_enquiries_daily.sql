-- Inbound enquiries by the tags they came with, beside what a cabinet says of its campaign.
with

enquiries as (
    select
        created_date,
        channel,
        {{ utm_word('utm_source') }} as utm_source,
        {{ utm_word('utm_campaign') }} as utm_campaign,
        excluded_reason
    from {{ ref('int_enquiries') }}
    where is_inbound
),

int_campaign_enquiries_daily as (
    select
        created_date as metric_date,
        channel,
        utm_source,
        utm_campaign,
        count(*)::integer as enquiries_count,
        count(*) filter (where excluded_reason is not null)::integer as excluded_enquiries_count
    from enquiries
    group by created_date, channel, utm_source, utm_campaign
)

select * from int_campaign_enquiries_daily
