-- One list of deals from every source, before anything is decided about them. Where a source states
-- a deal's status itself (exports), `stated_status` has it; where stages tell it, it is null.
with

amocrm_deals as (
    select * from {{ ref('stg_amocrm__deals') }}
),

accounts as (
    select account_id, currency_code from {{ ref('stg_amocrm__accounts') }}
),

bitrix24_deals as (
    select * from {{ ref('stg_bitrix24__deals') }}
),

inbox_items as (
    select inbox_item_id, person_record_id from {{ ref('int_inbox_items_unioned') }}
),

contacts as (
    select contact_id, company_id from {{ ref('int_contacts_unioned') }}
),

stages as (
    select stage_id, stage_name from {{ ref('int_stages_unioned') }}
),

export_deals as (
    select * from {{ ref('stg_exports__deals') }}
),

export_leads as (
    select * from {{ ref('stg_exports__leads') }}
),

from_amocrm as (
    select
        amocrm_deals.deal_id,
        amocrm_deals.deal_name,
        -- A budget in another currency is no number we can add: rates are another register.
        case
            when accounts.currency_code = '{{ company_currency() }}' then amocrm_deals.budget_amount
        end as budget_amount,
        null::text as stated_status,
        amocrm_deals.pipeline_id,
        amocrm_deals.stage_id,
        stages.stage_name,
        amocrm_deals.loss_reason,
        amocrm_deals.manager_id,
        amocrm_deals.created_at,
        amocrm_deals.updated_at,
        amocrm_deals.closed_at,
        coalesce(amocrm_deals.contact_id, amocrm_deals.deal_id || '-nobody') as person_record_id,
        -- A deal names its company itself, else it is its contact's.
        coalesce(amocrm_deals.company_id, contacts.company_id) as company_id,
        null::text as export_customer_id,
        null::text as export_tax_number,
        null::text as export_lead_id,
        null::text as crm_lead_id,
        amocrm_deals.tags,
        false as is_test,
        amocrm_deals.source_word,
        amocrm_deals.utm_source,
        amocrm_deals.utm_medium,
        amocrm_deals.utm_campaign,
        amocrm_deals.city,
        amocrm_deals.client_type,
        amocrm_deals.invoice_number,
        amocrm_deals.is_deleted,
        amocrm_deals.deleted_at,
        amocrm_deals.deal_url
    from amocrm_deals
    left join accounts
        on amocrm_deals.account_id = accounts.account_id
    left join contacts
        on amocrm_deals.contact_id = contacts.contact_id
    left join stages
        on amocrm_deals.stage_id = stages.stage_id
),

from_bitrix24 as (
    select
        bitrix24_deals.deal_id,
        bitrix24_deals.deal_name,
        case
            when bitrix24_deals.budget_currency_code = '{{ company_currency() }}'
                then bitrix24_deals.budget_amount
        end as budget_amount,
        null::text as stated_status,
        bitrix24_deals.pipeline_id,
        bitrix24_deals.stage_id,
        stages.stage_name,
        bitrix24_deals.loss_reason,
        bitrix24_deals.manager_id,
        bitrix24_deals.created_at,
        bitrix24_deals.updated_at,
        bitrix24_deals.closed_at,
        -- A deal names its person itself, else it is its lead's.
        coalesce(
            bitrix24_deals.contact_id,
            inbox_items.person_record_id,
            bitrix24_deals.deal_id || '-nobody'
        ) as person_record_id,
        coalesce(bitrix24_deals.company_id, contacts.company_id) as company_id,
        null::text as export_customer_id,
        null::text as export_tax_number,
        null::text as export_lead_id,
        bitrix24_deals.crm_lead_id,
        bitrix24_deals.tags,
        false as is_test,
        bitrix24_deals.source_word,
        bitrix24_deals.utm_source,
        bitrix24_deals.utm_medium,
        bitrix24_deals.utm_campaign,
        bitrix24_deals.city,
        bitrix24_deals.client_type,
        bitrix24_deals.invoice_number,
        bitrix24_deals.is_deleted,
        bitrix24_deals.deleted_at,
        bitrix24_deals.deal_url
    from bitrix24_deals
    left join inbox_items
        on bitrix24_deals.crm_lead_id = inbox_items.inbox_item_id
    left join contacts
        on bitrix24_deals.contact_id = contacts.contact_id
    left join stages
        on bitrix24_deals.stage_id = stages.stage_id
),

-- What an export says of the enquiry (where it came from, which city) holds for its deal.
from_exports as (
    select
        export_deals.deal_id,
        export_deals.deal_name,
        case
            when export_deals.currency_code = '{{ company_currency() }}'
                then export_deals.budget_amount
        end as budget_amount,
        export_deals.status as stated_status,
        export_deals.pipeline_id,
        export_deals.pipeline_id || ':' || coalesce(export_deals.stage_name, export_deals.status)
            as stage_id,
        coalesce(export_deals.stage_name, export_deals.status) as stage_name,
        export_deals.loss_reason,
        export_deals.manager_id,
        export_deals.created_at,
        coalesce(export_deals.closed_at, export_deals.created_at) as updated_at,
        export_deals.closed_at,
        coalesce(export_leads.person_record_id, export_deals.person_record_id) as person_record_id,
        null::text as company_id,
        export_deals.export_customer_id,
        coalesce(export_deals.tax_number, export_leads.tax_number) as export_tax_number,
        export_leads.export_lead_id,
        null::text as crm_lead_id,
        '{}'::text[] as tags,
        coalesce(export_leads.is_test, false) as is_test,
        export_leads.source_word,
        export_leads.utm_source,
        export_leads.utm_medium,
        export_leads.utm_campaign,
        export_leads.city,
        export_leads.client_type,
        null::text as invoice_number,
        export_deals.is_deleted,
        null::timestamptz as deleted_at,
        null::text as deal_url
    from export_deals
    left join export_leads
        on export_deals.export_lead_id = export_leads.export_lead_id
),

int_deals_unioned as (
    select * from from_amocrm
    union all
    select * from from_bitrix24
    union all
    select * from from_exports
)

select * from int_deals_unioned
