-- Where somebody belonged from when to when, so that a move to another department does not move the
-- past. Before we first looked it is assumed to have been as we found it.
with

history as (
    select
        manager_id,
        department_name,
        dbt_valid_from as seen_from
    from {{ ref('managers_history') }}
),

history_with_neighbour as (
    select
        *,
        lag(department_name) over manager_history as department_before,
        row_number() over manager_history as number
    from history
    window manager_history as (
        partition by manager_id
        order by seen_from
    )
),

-- A new name or a dismissal moves nobody.
moves as (
    select * from history_with_neighbour
    where number = 1 or department_name is distinct from department_before
),

stretches as (
    select
        manager_id,
        department_name,
        number = 1 as is_first,
        seen_from,
        lead(seen_from) over (partition by manager_id order by seen_from) as next_seen_from
    from moves
),

int_manager_spans as (
    select
        md5(
            manager_id || '|'
            || case when is_first then 'first' else (seen_from at time zone 'UTC')::text end
        ) as manager_span_id,
        manager_id,
        department_name,
        case when is_first then '-infinity' else seen_from end as valid_from,
        coalesce(next_seen_from, 'infinity') as valid_to,
        case when is_first then 'assumed' else 'snapshot' end as evidence,
        false as is_deleted
    from stretches
)

select * from int_manager_spans
