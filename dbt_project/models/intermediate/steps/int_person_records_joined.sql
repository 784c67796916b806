-- Which person each record is. A person keeps the id under which it was first seen: that is why
-- this table reads what an earlier build of it left. New persons are named by their oldest record,
-- so that a warehouse made anew from the same records gives the same ids, unless a record came late
-- that is older than the person it belongs to.
with

components as (
    select record_id, oldest_record_id from {{ ref('int_person_records_connected') }}
),

records as (
    select record_id, created_at from {{ ref('int_person_records_collected') }}
),

remembered as (
    {{ memory({
        "record_id": "text",
        "person_id": "text",
        "merged_person_id": "text",
        "person_since": "timestamptz",
    }) }}
),

known as (
    select
        components.record_id,
        components.oldest_record_id,
        records.created_at,
        remembered.person_id,
        remembered.merged_person_id,
        remembered.person_since
    from components
    inner join records
        on components.record_id = records.record_id
    left join remembered
        on components.record_id = remembered.record_id
),

-- Where records of one person have parted, those that were it first keep its id.
kept as (
    select distinct on (person_id)
        person_id,
        oldest_record_id,
        person_since,
        created_at,
        record_id
    from known
    where person_id is not null
    order by person_id, person_since, created_at, record_id
),

-- Where persons have become one, the one that was seen first survives.
survivors as (
    select distinct on (oldest_record_id) oldest_record_id, person_id
    from kept
    order by oldest_record_id, person_since, created_at, record_id
),

named as (
    select
        known.record_id,
        known.person_id as known_person_id,
        known.merged_person_id,
        known.person_since,
        own.person_id is not null as is_where_its_person_is,
        coalesce(
            survivors.person_id,
            -- The name is somebody else's when this record gave it and has come back alone.
            case
                when taken.person_id is not null
                    then known.oldest_record_id || '-' || {{ business_date(business_now()) }}
            end,
            known.oldest_record_id
        ) as person_id
    from known
    left join survivors
        on known.oldest_record_id = survivors.oldest_record_id
    left join kept as own
        on known.person_id = own.person_id
        and known.oldest_record_id = own.oldest_record_id
    left join kept as taken
        on known.oldest_record_id = taken.person_id
),

int_person_records_joined as (
    select
        record_id,
        person_id,
        case
            when known_person_id = person_id then merged_person_id
            -- Those who part were not merged.
            when is_where_its_person_is then known_person_id
        end as merged_person_id,
        case
            when known_person_id = person_id then person_since
            else {{ business_now() }}
        end as person_since
    from named
)

select * from int_person_records_joined
