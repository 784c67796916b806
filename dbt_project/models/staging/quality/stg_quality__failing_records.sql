with

stg_quality__failing_records as (
    select
        check_id,
        record_id,
        nullif(record_title, '') as record_name,
        record_url as url,
        coalesce(manager_id, 'unassigned') as manager_id,
        checked_at
    from {{ source('quality', 'failing_records') }}
)

select * from stg_quality__failing_records
