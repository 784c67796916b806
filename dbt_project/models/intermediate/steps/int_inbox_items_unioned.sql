-- What a CRM keeps of somebody who turned to us before a deal comes of it: amoCRM's unsorted items,
-- which name the deal (`deal_id`), and Bitrix24's leads, which the deals name.
with

unsorted as (
    select * from {{ ref('stg_amocrm__unsorted') }}
),

leads as (
    select * from {{ ref('stg_bitrix24__leads') }}
),

kind_rules as (
    select * from {{ ref('enquiry_kind_rules') }}
),

lead_kinds as (
    select distinct on (leads.crm_lead_id)
        leads.crm_lead_id,
        kind_rules.enquiry_kind,
        kind_rules.is_inbound
    from leads
    inner join kind_rules
        on kind_rules.field = 'source_word'
        and lower(leads.source_word) like kind_rules.pattern
    order by leads.crm_lead_id, kind_rules.priority
),

int_inbox_items_unioned as (
    select
        unsorted_id as inbox_item_id,
        'unsorted' as record_type,
        false as is_card,
        enquiry_kind,
        true as is_inbound,
        pipeline_id,
        deal_id,
        coalesce(contact_id, unsorted_id) as person_record_id,
        null::text as person_name,
        array_remove(array[phone], null) as phones,
        '{}'::text[] as emails,
        '{}'::text[] as messenger_ids,
        call_key,
        null::text as loss_reason,
        '{}'::text[] as tags,
        null::text as source_word,
        null::text as utm_source,
        null::text as utm_medium,
        null::text as utm_campaign,
        created_at,
        false as is_deleted
    from unsorted
    union all
    select
        leads.crm_lead_id,
        'crm_lead',
        true,
        coalesce(
            lead_kinds.enquiry_kind,
            case when leads.utm_source is not null then 'form' end,
            'manual'
        ),
        coalesce(lead_kinds.is_inbound, true),
        null,
        null,
        coalesce(leads.contact_id, leads.crm_lead_id),
        case when leads.contact_id is null then leads.contact_name end,
        leads.phones,
        leads.emails,
        leads.messenger_ids,
        null,
        leads.loss_reason,
        leads.tags,
        leads.source_word,
        leads.utm_source,
        leads.utm_medium,
        leads.utm_campaign,
        leads.created_at,
        leads.is_deleted
    from leads
    left join lead_kinds
        on leads.crm_lead_id = lead_kinds.crm_lead_id
)

select * from int_inbox_items_unioned
