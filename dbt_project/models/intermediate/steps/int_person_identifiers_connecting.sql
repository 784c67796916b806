-- The identifiers by which records are one person: shared by at least two records and by no more
-- cards than the limit, for what is on more is a reception desk; nor one of our own. A call is no
-- card: who calls thirty times is still one person.
with

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_collected') }}
),

records as (
    select record_id, is_card and not is_deleted as is_living_card
    from {{ ref('int_person_records_collected') }}
),

own_identifiers as (
    select 'email:' || email as identifier from {{ ref('int_users_unioned') }}
    where email is not null
    {%- for identifier in var('own_identifiers') %}
    union
    select '{{ identifier }}'
    {%- endfor %}
),

connecting as (
    select identifiers.identifier
    from identifiers
    inner join records
        on identifiers.record_id = records.record_id
    left join own_identifiers
        on identifiers.identifier = own_identifiers.identifier
    where own_identifiers.identifier is null
    group by identifiers.identifier
    having
        count(*) >= 2
        and count(*) filter (where records.is_living_card)
        <= {{ var('shared_identifier_contacts') }}
),

int_person_identifiers_connecting as (
    select identifiers.record_id, identifiers.identifier
    from identifiers
    inner join connecting
        on identifiers.identifier = connecting.identifier
)

select * from int_person_identifiers_connecting
