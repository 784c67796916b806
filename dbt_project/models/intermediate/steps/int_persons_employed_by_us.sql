-- Persons who are our own people: one of their e-mails is a CRM user's.
with

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_collected') }}
),

joined_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

users as (
    select email from {{ ref('int_users_unioned') }}
    where email is not null
),

int_persons_employed_by_us as (
    select distinct joined_records.person_id
    from joined_records
    inner join identifiers
        on joined_records.record_id = identifiers.record_id
    inner join users
        on identifiers.identifier = 'email:' || users.email
)

select * from int_persons_employed_by_us
