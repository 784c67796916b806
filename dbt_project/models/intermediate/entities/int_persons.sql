with

person_records as (
    select record_id, record_name, created_at, is_deleted
    from {{ ref('int_person_records_collected') }}
),

joined_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

own_employees as (
    select person_id from {{ ref('int_persons_employed_by_us') }}
),

records_of_persons as (
    select joined_records.person_id, person_records.*
    from joined_records
    inner join person_records
        on joined_records.record_id = person_records.record_id
),

int_persons as (
    select
        records_of_persons.person_id,
        (array_agg(records_of_persons.record_name order by records_of_persons.created_at)
            filter (where records_of_persons.record_name <> ''))[1] as person_name,
        count(distinct records_of_persons.record_id)::integer as records_count,
        bool_or(own_employees.person_id is not null) as is_own_employee,
        bool_and(records_of_persons.is_deleted) as is_deleted,
        min(records_of_persons.created_at) as created_at
    from records_of_persons
    left join own_employees
        on records_of_persons.person_id = own_employees.person_id
    group by records_of_persons.person_id
)

select * from int_persons
