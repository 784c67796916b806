-- A deal is closed when it came to its last stage: CLOSEDATE is what was planned.
with

deals as (
    select * from {{ source('raw_bitrix24', 'deals') }}
),

portals as (
    select account_name, web_url from {{ source('raw_bitrix24', 'portal') }}
),

sources as (
    select account_name, status_id, name
    from {{ source('raw_bitrix24', 'statuses') }}
    where entity_id = 'SOURCE'
),

choices as (
    {{ bitrix24_choices('deals') }}
),

stg_bitrix24__deals as (
    select
        {{ source_key('bitrix24', 'deals.account_name', 'deals.id::text') }} as deal_id,
        'bitrix24:' || deals.account_name as account_id,
        {{ source_key('bitrix24', 'deals.account_name', "'lead-' || deals.lead_id") }}
            as crm_lead_id,
        deals.title as deal_name,
        deals.opportunity as budget_amount,
        deals.currency_id as budget_currency_code,
        {{ source_key('bitrix24', 'deals.account_name', 'deals.category_id::text') }}
            as pipeline_id,
        {{ source_key(
            'bitrix24', 'deals.account_name', "deals.category_id || ':' || deals.stage_id"
        ) }} as stage_id,
        -- A reason means something only while the deal is lost.
        case when deals.stage_semantic_id = 'F' then {{ bitrix24_word('loss_reason', 'deals') }} end
            as loss_reason,
        {{ bitrix24_manager('deals.account_name', 'deals.assigned_by_id') }} as manager_id,
        deals.created_at,
        deals.updated_at,
        case when deals.closed then deals.moved_time end as closed_at,
        {{ source_key('bitrix24', 'deals.account_name', 'deals.contact_id::text') }} as contact_id,
        {{ source_key('bitrix24', 'deals.account_name', 'deals.company_id::text') }} as company_id,
        {{ bitrix24_tags('deals.user_fields') }} as tags,
        sources.name as source_word,
        deals.utm_source,
        deals.utm_medium,
        deals.utm_campaign,
        {{ bitrix24_word('city', 'deals') }} as city,
        {{ bitrix24_word('client_type', 'deals') }} as client_type,
        {{ bitrix24_field('invoice_number', 'deals.user_fields') }} as invoice_number,
        {{ rating_number(bitrix24_word('service_rating', 'deals')) }} as service_rating,
        deals._gone_at is not null as is_deleted,
        deals._gone_at as deleted_at,
        portals.web_url || '/crm/deal/details/' || deals.id || '/' as deal_url
    from deals
    left join portals
        on deals.account_name = portals.account_name
    left join sources
        on deals.account_name = sources.account_name
        and deals.source_id = sources.status_id
    {{ bitrix24_join_choice('loss_reason', 'deals') }}
    {{ bitrix24_join_choice('city', 'deals') }}
    {{ bitrix24_join_choice('client_type', 'deals') }}
    {{ bitrix24_join_choice('service_rating', 'deals') }}
)

select * from stg_bitrix24__deals
