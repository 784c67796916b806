-- Which records are one: the connected components of records over their identifiers, each named by
-- its oldest record. Records are numbered by age. Every record points to the oldest it knows of, at
-- first itself; in a round what it points to learns what the records beside it point to, and every
-- pointer is followed a step further. So whole groups join in a round, and a chain of thousands
-- takes a dozen; it ends with the round that changes nothing.
with recursive

records as (
    select
        record_id,
        row_number() over (order by created_at, record_id)::integer as age_number
    from {{ ref('int_person_records_collected') }}
),

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_connecting') }}
),

-- Only records that share something have anything to learn.
sharing as (
    select
        identifiers.identifier,
        dense_rank() over (order by records.age_number)::integer as place,
        records.record_id
    from identifiers
    inner join records
        on identifiers.record_id = records.record_id
),

places as (
    select distinct place, record_id from sharing
),

-- Each beside the oldest of an identifier connects all of it, without a pair of everyone with
-- everyone.
pairs as (
    select distinct place, oldest_place
    from (
        select place, min(place) over (partition by identifier) as oldest_place from sharing
    ) as sharing_with_oldest
    where place <> oldest_place
),

edges as (
    select place, oldest_place as other_place from pairs
    union all
    select oldest_place, place from pairs
),

rounds (pointers, former_pointers) as (
    select array(select place from places order by place), null::integer[]
    union all
    select
        array(
            select min(heard.pointer)
            from (
                select places.place, rounds.pointers[rounds.pointers[places.place]] as pointer
                from places
                union all
                select
                    rounds.pointers[edges.place],
                    rounds.pointers[rounds.pointers[edges.other_place]]
                from edges
            ) as heard
            group by heard.place
            order by heard.place
        ),
        rounds.pointers
    from rounds
    where rounds.pointers is distinct from rounds.former_pointers
),

settled as (
    select pointer.place, pointer.oldest_place
    from rounds
    cross join lateral
        unnest(rounds.pointers) with ordinality as pointer (oldest_place, place)
    where rounds.pointers = rounds.former_pointers
),

int_person_records_connected as (
    select
        records.record_id,
        coalesce(oldest.record_id, records.record_id) as oldest_record_id
    from records
    left join places
        on records.record_id = places.record_id
    left join settled
        on places.place = settled.place
    left join places as oldest
        on settled.oldest_place = oldest.place
)

select * from int_person_records_connected
