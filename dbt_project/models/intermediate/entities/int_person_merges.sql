-- The log of persons that became one, kept from build to build: a person's former ids can be told
-- from nothing else.
with

remembered as (
    {{ memory({
        "merged_person_id": "text",
        "person_id": "text",
        "merged_at": "timestamptz",
        "identifier_kind": "text",
        "masked_identifier": "text",
        "record_id": "text",
        "other_record_id": "text",
        "is_deleted": "boolean",
    }) }}
),

joined_records as (
    select record_id, person_id, merged_person_id, person_since
    from {{ ref('int_person_records_joined') }}
),

records as (
    select record_id, created_at from {{ ref('int_person_records_collected') }}
),

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_connecting') }}
),

merged_now as (
    select
        joined_records.record_id,
        joined_records.person_id,
        joined_records.merged_person_id,
        joined_records.person_since as merged_at
    from joined_records
    left join remembered
        on joined_records.merged_person_id = remembered.merged_person_id
        and joined_records.person_since = remembered.merged_at
    where joined_records.merged_person_id is not null and remembered.merged_person_id is null
),

-- What ties the records of the one to the rest of the other; of several, what came last.
ties as (
    select distinct on (merged_now.merged_person_id)
        merged_now.merged_person_id,
        merged_now.record_id,
        joined_records.record_id as other_record_id,
        identifiers.identifier
    from merged_now
    inner join identifiers
        on merged_now.record_id = identifiers.record_id
    inner join identifiers as other_identifiers
        on identifiers.identifier = other_identifiers.identifier
    inner join joined_records
        on other_identifiers.record_id = joined_records.record_id
        and merged_now.person_id = joined_records.person_id
        and (merged_now.merged_person_id, merged_now.merged_at)
        is distinct from (joined_records.merged_person_id, joined_records.person_since)
    inner join records
        on joined_records.record_id = records.record_id
    order by
        merged_now.merged_person_id,
        records.created_at desc,
        joined_records.record_id,
        identifiers.identifier,
        merged_now.record_id
),

int_person_merges as (
    select
        merged_person_id,
        person_id,
        merged_at,
        identifier_kind,
        masked_identifier,
        record_id,
        other_record_id,
        is_deleted
    from remembered
    union all
    select
        merges.merged_person_id,
        merges.person_id,
        merges.merged_at,
        split_part(ties.identifier, ':', 1),
        {{ masked("substr(ties.identifier, strpos(ties.identifier, ':') + 1)") }},
        ties.record_id,
        ties.other_record_id,
        false
    from (select distinct merged_person_id, person_id, merged_at from merged_now) as merges
    left join ties
        on merges.merged_person_id = ties.merged_person_id
)

select * from int_person_merges
