select
    {{ source_key('exports', 'account_name', 'spend_id') }} as ad_spend_id,
    {{ business_date('spent_at') }} as spend_date,
    {{ source_key('exports', 'account_name', 'campaign_id') }} as campaign_id,
    nullif(trim(campaign_name), '') as campaign_name,
    nullif(trim(source_name), '') as source_word,
    nullif(trim(utm_source), '') as utm_source,
    nullif(trim(utm_medium), '') as utm_medium,
    nullif(trim(utm_campaign), '') as utm_campaign,
    amount as stated_spend_amount,
    coalesce(is_vat_included, false) as includes_vat,
    currency_code as spend_currency_code,
    impressions_count,
    clicks_count,
    conversions_count
from {{ source('raw_exports', 'spend') }}
