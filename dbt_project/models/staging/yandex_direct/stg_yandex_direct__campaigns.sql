-- The template of tags is the campaign's own. Of the words that Direct puts into it at a click, the
-- campaign's id and name are put in here; the others stay as they are.
with

campaigns as (
    select
        *,
        replace(
            replace(tracking_params, '{campaign_id}', id::text), '{campaign_name}', name
        ) as tags
    from {{ source('raw_yandex_direct', 'campaigns') }}
),

stg_yandex_direct__campaigns as (
    select
        {{ source_key('yandex_direct', 'account_name', 'id') }} as campaign_id,
        name as campaign_name,
        state = 'ARCHIVED' as is_archived,
        currency as spend_currency_code,
        nullif(trim(substring(tags from '(?:^|[?&])utm_source=([^&]*)')), '') as utm_source,
        nullif(trim(substring(tags from '(?:^|[?&])utm_medium=([^&]*)')), '') as utm_medium,
        nullif(trim(substring(tags from '(?:^|[?&])utm_campaign=([^&]*)')), '') as utm_campaign
    from campaigns
)

select * from stg_yandex_direct__campaigns
