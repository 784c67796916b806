-- Which persons a payer of the accounting system can be, by a phone or an e-mail that only one
-- person has.
with

counterparty_contacts as (
    select counterparty_id, contact_type, contact_value
    from {{ ref('stg_onec__counterparty_contacts') }}
),

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_collected') }}
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

payer_identifiers as (
    select
        counterparty_id,
        'phone:' || unnest({{ normalised_phones('contact_value') }}) as identifier
    from counterparty_contacts
    where contact_type = 'phone'
    union
    select counterparty_id, 'email:' || unnest({{ normalised_emails('contact_value') }})
    from counterparty_contacts
    where contact_type = 'email'
),

-- What two persons have, a reception desk's number, is no word about either.
told_by_one_identifier as (
    select payer_identifiers.counterparty_id, min(person_records.person_id) as person_id
    from payer_identifiers
    inner join identifiers
        on payer_identifiers.identifier = identifiers.identifier
    inner join person_records
        on identifiers.record_id = person_records.record_id
    group by payer_identifiers.counterparty_id, payer_identifiers.identifier
    having min(person_records.person_id) = max(person_records.person_id)
),

int_payers_recognised_by_contacts as (
    select counterparty_id, person_id
    from told_by_one_identifier
    group by counterparty_id, person_id
)

select * from int_payers_recognised_by_contacts
