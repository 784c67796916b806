with

stg_quality__checked_records as (
    select
        check_id,
        coalesce(nullif(manager_id, ''), 'unassigned') as manager_id,
        checked_at,
        checked_count as checked_records_count,
        failing_count as failing_records_count
    from {{ source('quality', 'checked_records') }}
)

select * from stg_quality__checked_records
