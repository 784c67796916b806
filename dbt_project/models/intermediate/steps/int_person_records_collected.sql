-- Everything that stands for a person somewhere: a CRM contact, a line of an export, and, where a
-- deal, an item of the inbox or a call names nobody, that record itself: nobody is not one person.
with

contacts as (
    select contact_id, contact_name, created_at, is_deleted from {{ ref('int_contacts_unioned') }}
),

deals as (
    select person_record_id, created_at from {{ ref('int_deals_unioned') }}
),

inbox_items as (
    select person_record_id, person_name, created_at from {{ ref('int_inbox_items_unioned') }}
),

calls as (
    select call_id, contact_id, deal_id, crm_lead_id, started_at
    from {{ ref('int_call_records_joined') }}
    where call_direction = 'in'
),

export_leads as (
    select person_record_id, person_name, created_at from {{ ref('stg_exports__leads') }}
),

export_deals as (
    select person_record_id, created_at from {{ ref('stg_exports__deals') }}
),

-- A card is what somebody keeps of a person; the rest are events that name one.
seen as (
    select
        contact_id as record_id,
        contact_name as record_name,
        created_at,
        is_deleted,
        true as is_card
    from contacts
    union all
    select person_record_id, person_name, created_at, false, true from export_leads
    union all
    select person_record_id, null, created_at, false, true from export_deals
    union all
    select person_record_id, null, created_at, false, false from deals
    union all
    select person_record_id, person_name, created_at, false, false from inbox_items
    union all
    select coalesce(contact_id, call_id), null, started_at, false, false
    from calls
    where contact_id is not null or (deal_id is null and crm_lead_id is null)
),

int_person_records_collected as (
    select
        record_id,
        max(record_name) as record_name,
        min(created_at) as created_at,
        bool_and(is_deleted) as is_deleted,
        bool_or(is_card) as is_card
    from seen
    group by record_id
)

select * from int_person_records_collected
