-- Everything that stands for a person somewhere: a CRM contact, a line of an export, and, where a
-- deal or an unsorted item names nobody, that record itself: nobody is not one person.
with

contacts as (
    select contact_id, contact_name, phones, emails, created_at, is_deleted
    from {{ ref('stg_amocrm__contacts') }}
),

deals as (
    select person_record_id, created_at from {{ ref('int_deals_unioned') }}
),

unsorted as (
    select unsorted_id, contact_id, created_at from {{ ref('stg_amocrm__unsorted') }}
),

calls as (
    select note_id, contact_id, deal_id, phone, created_at
    from {{ ref('stg_amocrm__notes') }}
    where note_type = 'call_in'
),

export_leads as (
    select person_record_id, person_name, phone, email, created_at
    from {{ ref('stg_exports__leads') }}
),

export_deals as (
    select person_record_id, phone, email, created_at from {{ ref('stg_exports__deals') }}
),

seen as (
    select
        contact_id as record_id,
        contact_name as record_name,
        phones,
        emails,
        created_at,
        is_deleted
    from contacts
    union all
    select
        person_record_id,
        max(person_name),
        array_remove(array_agg(distinct phone), null),
        array_remove(array_agg(distinct email), null),
        min(created_at),
        false
    from export_leads
    group by person_record_id
    union all
    select
        person_record_id,
        null,
        array_remove(array_agg(distinct phone), null),
        array_remove(array_agg(distinct email), null),
        min(created_at),
        false
    from export_deals
    group by person_record_id
    union all
    select person_record_id, null, '{}', '{}', min(created_at), false
    from deals
    group by person_record_id
    union all
    select coalesce(contact_id, unsorted_id), null, '{}', '{}', min(created_at), false
    from unsorted
    group by coalesce(contact_id, unsorted_id)
    union all
    select
        coalesce(contact_id, note_id),
        null,
        array_remove(array_agg(distinct phone), null),
        '{}',
        min(created_at),
        false
    from calls
    where contact_id is not null or deal_id is null
    group by coalesce(contact_id, note_id)
),

int_person_records_collected as (
    select
        seen.record_id,
        max(seen.record_name) as record_name,
        min(seen.created_at) as created_at,
        bool_and(seen.is_deleted) as is_deleted,
        array_remove(array_agg(distinct phone.value), null) as phones,
        array_remove(array_agg(distinct email.value), null) as emails
    from seen
    left join lateral unnest(seen.phones) as phone (value) on true
    left join lateral unnest(seen.emails) as email (value) on true
    group by seen.record_id
)

select * from int_person_records_collected
