-- By what the records of persons can be recognised: `phone:`, `email:`, `messenger:`, `client:` (a
-- visitor's id at a counter of the site), and `contact:`, the CRM's own word that a contact was
-- merged into another.
with

contacts as (
    select contact_id, phones, emails, messenger_ids from {{ ref('int_contacts_unioned') }}
),

contact_merges as (
    select merged_contact_id, contact_id from {{ ref('stg_amocrm__contact_merges') }}
),

deals as (
    select deal_id, person_record_id from {{ ref('int_deals_unioned') }}
),

deals_of_visitors as (
    select deal_id, client_ids from {{ ref('stg_amocrm__deals') }}
),

inbox_items as (
    select person_record_id, phones, emails, messenger_ids from {{ ref('int_inbox_items_unioned') }}
),

calls as (
    select call_id, contact_id, deal_id, crm_lead_id, phone
    from {{ ref('int_call_records_joined') }}
    where call_direction = 'in' and phone is not null
),

export_leads as (
    select person_record_id, phones, emails from {{ ref('stg_exports__leads') }}
),

export_deals as (
    select person_record_id, phones, emails from {{ ref('stg_exports__deals') }}
),

known_by_phone as (
    select contact_id as record_id, unnest(phones) as phone from contacts
    union all
    select person_record_id, unnest(phones) from export_leads
    union all
    select person_record_id, unnest(phones) from export_deals
    union all
    select person_record_id, unnest(phones) from inbox_items
    union all
    select coalesce(contact_id, call_id), phone
    from calls
    where contact_id is not null or (deal_id is null and crm_lead_id is null)
),

known_by_email as (
    select contact_id as record_id, unnest(emails) as email from contacts
    union all
    select person_record_id, unnest(emails) from export_leads
    union all
    select person_record_id, unnest(emails) from export_deals
    union all
    select person_record_id, unnest(emails) from inbox_items
),

known_as_visitors as (
    select deals.person_record_id as record_id, unnest(deals_of_visitors.client_ids) as client_id
    from deals_of_visitors
    inner join deals
        on deals_of_visitors.deal_id = deals.deal_id
),

known_by_merges as (
    select merged_contact_id as record_id, contact_id from contact_merges
    union all
    select contact_id, contact_id from contact_merges
),

int_person_identifiers_collected as (
    select record_id, 'phone:' || phone as identifier from known_by_phone
    union
    select record_id, 'email:' || email from known_by_email
    union
    select contact_id, 'messenger:' || unnest(messenger_ids) from contacts
    union
    select person_record_id, 'messenger:' || unnest(messenger_ids) from inbox_items
    union
    select record_id, 'client:' || client_id from known_as_visitors
    union
    select record_id, 'contact:' || contact_id from known_by_merges
)

select * from int_person_identifiers_collected
