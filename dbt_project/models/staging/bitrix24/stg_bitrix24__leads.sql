-- Bitrix24's own leads: enquiries nobody has sorted yet, and those that were. What this project
-- calls a lead is another thing. A converted one lives on as the deal that names it.
with

leads as (
    select * from {{ source('raw_bitrix24', 'leads') }}
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
    {{ bitrix24_choices('leads') }}
),

stg_bitrix24__leads as (
    select
        {{ source_key('bitrix24', 'leads.account_name', "'lead-' || leads.id") }} as crm_lead_id,
        'bitrix24:' || leads.account_name as account_id,
        leads.title as record_name,
        nullif(concat_ws(' ', leads.name, leads.second_name, leads.last_name), '')
            as contact_name,
        {{ source_key('bitrix24', 'leads.account_name', "'lead:' || leads.status_id") }}
            as stage_id,
        leads.status_semantic_id = 'S' as is_converted,
        {{ bitrix24_manager('leads.account_name', 'leads.assigned_by_id') }} as manager_id,
        leads.created_at,
        leads.updated_at,
        leads.date_closed as closed_at,
        {{ source_key('bitrix24', 'leads.account_name', 'leads.contact_id::text') }} as contact_id,
        {{ source_key('bitrix24', 'leads.account_name', 'leads.company_id::text') }} as company_id,
        {{ bitrix24_ways('leads.phones', normalised_phones) }} as phones,
        {{ bitrix24_ways('leads.emails', normalised_emails) }} as emails,
        {{ bitrix24_messengers('leads.messengers') }} as messenger_ids,
        case
            when leads.status_semantic_id = 'F' then {{ bitrix24_word('loss_reason', 'leads') }}
        end as loss_reason,
        {{ bitrix24_tags('leads.user_fields') }} as tags,
        sources.name as source_word,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,
        leads._gone_at is not null as is_deleted,
        leads._gone_at as deleted_at,
        portals.web_url || '/crm/lead/details/' || leads.id || '/' as url
    from leads
    left join portals
        on leads.account_name = portals.account_name
    left join sources
        on leads.account_name = sources.account_name
        and leads.source_id = sources.status_id
    {{ bitrix24_join_choice('loss_reason', 'leads') }}
)

select * from stg_bitrix24__leads
