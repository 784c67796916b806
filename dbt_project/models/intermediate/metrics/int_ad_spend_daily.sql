-- Spend is without VAT: money spent on ads stands beside margin, which is without it too. A cabinet
-- gives it so; of a file's amount the day's VAT is taken off where the file says that it is in it.
with

campaigns as (
    select campaign_id, campaign_name, utm_source, utm_medium, utm_campaign
    from {{ ref('stg_yandex_direct__campaigns') }}
),

ad_groups_of_direct as (
    select
        spend_date,
        campaign_id,
        spend_amount,
        spend_currency_code,
        impressions_count,
        clicks_count,
        conversions_count
    from {{ ref('stg_yandex_direct__ad_spend_daily') }}
),

spend_of_exports as (
    select * from {{ ref('stg_exports__spend') }}
),

spend_of_workbook as (
    select * from {{ ref('stg_workbook__ad_spend') }}
),

currency_rates as (
    select rated_currency_code, rate_date, rate_amount from {{ ref('int_currency_rates_daily') }}
),

from_direct as (
    select
        ad_groups_of_direct.campaign_id || ':' || ad_groups_of_direct.spend_date as ad_spend_id,
        'yandex_direct' as source_name,
        ad_groups_of_direct.spend_date,
        ad_groups_of_direct.campaign_id,
        campaigns.campaign_name,
        null as source_word,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign,
        sum(ad_groups_of_direct.spend_amount) as amount_without_vat,
        ad_groups_of_direct.spend_currency_code,
        sum(ad_groups_of_direct.impressions_count)::bigint as impressions_count,
        sum(ad_groups_of_direct.clicks_count)::bigint as clicks_count,
        sum(ad_groups_of_direct.conversions_count)::bigint as conversions_count
    from ad_groups_of_direct
    left join campaigns on ad_groups_of_direct.campaign_id = campaigns.campaign_id
    group by
        ad_groups_of_direct.spend_date,
        ad_groups_of_direct.campaign_id,
        ad_groups_of_direct.spend_currency_code,
        campaigns.campaign_name,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign
),

-- The workbook counts no conversions: it is written by hand.
spend_of_files as (
    select
        ad_spend_id,
        'exports' as source_name,
        spend_date,
        campaign_id,
        campaign_name,
        source_word,
        utm_source,
        utm_medium,
        utm_campaign,
        stated_spend_amount,
        includes_vat,
        spend_currency_code,
        impressions_count,
        clicks_count,
        conversions_count
    from spend_of_exports
    union all
    select
        ad_spend_id,
        'workbook',
        spend_date,
        campaign_id,
        campaign_name,
        source_word,
        utm_source,
        utm_medium,
        utm_campaign,
        stated_spend_amount,
        includes_vat,
        spend_currency_code,
        impressions_count,
        clicks_count,
        null
    from spend_of_workbook
),

from_files as (
    select
        ad_spend_id,
        source_name,
        spend_date,
        campaign_id,
        campaign_name,
        source_word,
        utm_source,
        utm_medium,
        utm_campaign,
        case
            when includes_vat
                then round(stated_spend_amount / (1 + {{ vat_rate_on('spend_date') }}), 2)
            else stated_spend_amount
        end as amount_without_vat,
        spend_currency_code,
        impressions_count,
        clicks_count,
        conversions_count
    from spend_of_files
),

all_spend as (
    select * from from_direct
    union all
    select * from from_files
),

int_ad_spend_daily as (
    select
        all_spend.ad_spend_id,
        all_spend.source_name,
        all_spend.spend_date,
        all_spend.campaign_id,
        all_spend.campaign_name,
        {{ channel_of('all_spend', 'all_spend.spend_date') }} as channel,
        all_spend.utm_source,
        all_spend.utm_medium,
        all_spend.utm_campaign,
        case
            when all_spend.spend_currency_code = '{{ company_currency() }}'
                then all_spend.amount_without_vat
            else round(all_spend.amount_without_vat * currency_rates.rate_amount, 2)
        end as spend_amount,
        all_spend.spend_currency_code,
        all_spend.impressions_count,
        all_spend.clicks_count,
        all_spend.conversions_count
    from all_spend
    left join currency_rates
        on all_spend.spend_currency_code = currency_rates.rated_currency_code
        and all_spend.spend_date = currency_rates.rate_date
)

select * from int_ad_spend_daily
