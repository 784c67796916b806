-- A row that Direct took back whole is gone. All campaigns of an advertiser are in one currency,
-- which figures do not repeat.
with

currencies as (
    select account_name, min(currency) as currency
    from {{ source('raw_yandex_direct', 'campaigns') }}
    group by account_name
),

performance as (
    select * from {{ source('raw_yandex_direct', 'ad_performance') }} where _gone_at is null
),

goals as (
    select
        performance.account_name,
        performance.date,
        performance.campaign_id,
        performance.ad_group_id,
        sum(goal.value::numeric) as conversions
    from performance
    cross join lateral jsonb_each_text(performance.goal_conversions) as goal
    group by
        performance.account_name,
        performance.date,
        performance.campaign_id,
        performance.ad_group_id
),

stg_yandex_direct__ad_spend_daily as (
    select
        {{ source_key(
            'yandex_direct',
            'performance.account_name',
            "performance.date || ':' || performance.campaign_id || ':' || performance.ad_group_id"
        ) }} as ad_spend_id,
        performance.date::date as spend_date,
        {{ source_key('yandex_direct', 'performance.account_name', 'performance.campaign_id') }}
            as campaign_id,
        case
            when performance.ad_group_id <> 0
                then {{ source_key(
                    'yandex_direct', 'performance.account_name', 'performance.ad_group_id'
                ) }}
        end as ad_group_id,
        performance.cost as spend_amount,
        performance.is_vat_included as includes_vat,
        currencies.currency as spend_currency_code,
        performance.impressions as impressions_count,
        performance.clicks as clicks_count,
        coalesce(goals.conversions, performance.conversions, 0)::bigint as conversions_count
    from performance
    left join goals
        on performance.account_name = goals.account_name
        and performance.date = goals.date
        and performance.campaign_id = goals.campaign_id
        and performance.ad_group_id = goals.ad_group_id
    left join currencies on performance.account_name = currencies.account_name
)

select * from stg_yandex_direct__ad_spend_daily
