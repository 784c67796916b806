with

stg_quality__checks as (
    select
        check_id,
        title as check_title,
        owner as repaired_by,
        severity as check_severity,
        limit_share::numeric(12, 4) as limit_share
    from {{ source('quality', 'checks') }}
)

select * from stg_quality__checks
