-- Which person each record is: the connected component over shared phones and e-mails. A number or
-- address on more contacts than the limit is somebody's reception desk and joins nobody; neither
-- does one of our own.
-- The oldest record names the person, so a new identifier never renumbers.
with recursive

records as (
    select record_id, phones, emails, created_at from {{ ref('int_person_records_collected') }}
),

own_identifiers as (
    select 'email:' || email as identifier from {{ ref('stg_amocrm__users') }}
    where email is not null
    {%- for identifier in var('own_identifiers') %}
    union
    select '{{ identifier }}'
    {%- endfor %}
),

identifiers as (
    select records.record_id, 'phone:' || phone.value as identifier
    from records
    cross join lateral unnest(records.phones) as phone (value)
    union
    select records.record_id, 'email:' || email.value
    from records
    cross join lateral unnest(records.emails) as email (value)
),

joining_identifiers as (
    select identifier
    from identifiers
    where identifier not in (select own_identifiers.identifier from own_identifiers)
    group by identifier
    having count(*) between 2 and {{ var('shared_identifier_contacts') }}
),

edges as (
    select distinct mine.record_id, theirs.record_id as other_record_id
    from identifiers as mine
    inner join joining_identifiers
        on mine.identifier = joining_identifiers.identifier
    inner join identifiers as theirs
        on mine.identifier = theirs.identifier
        and mine.record_id <> theirs.record_id
),

reached (record_id, other_record_id) as (
    select record_id, record_id from records
    union
    select reached.record_id, edges.other_record_id
    from reached
    inner join edges
        on reached.other_record_id = edges.record_id
),

int_person_records_joined as (
    select distinct on (reached.record_id)
        reached.record_id,
        oldest.record_id as person_id
    from reached
    inner join records as oldest
        on reached.other_record_id = oldest.record_id
    order by reached.record_id, oldest.created_at, oldest.record_id
)

select * from int_person_records_joined
