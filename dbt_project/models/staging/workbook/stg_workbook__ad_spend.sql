select
    {{ workbook_row_id() }} as ad_spend_id,
    date::date as spend_date,
    {{ source_key('workbook', 'account_name', "source_word || ':' || campaign_name") }}
        as campaign_id,
    campaign_name,
    source_word,
    utm_source,
    utm_medium,
    utm_campaign,
    spend_amount as stated_spend_amount,
    is_vat_included as includes_vat,
    coalesce(currency_code, '{{ company_currency() }}') as spend_currency_code,
    impressions_count,
    clicks_count,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'ad_spend') }}
