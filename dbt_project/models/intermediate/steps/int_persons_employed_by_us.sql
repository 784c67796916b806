-- Persons who are our own people: one of their e-mails is a CRM user's.
with

person_records as (
    select record_id, emails from {{ ref('int_person_records_collected') }}
),

joined_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

users as (
    select email from {{ ref('stg_amocrm__users') }}
    where email is not null
),

int_persons_employed_by_us as (
    select distinct joined_records.person_id
    from joined_records
    inner join person_records
        on joined_records.record_id = person_records.record_id
    cross join lateral unnest(person_records.emails) as email (value)
    inner join users
        on email.value = users.email
)

select * from int_persons_employed_by_us
