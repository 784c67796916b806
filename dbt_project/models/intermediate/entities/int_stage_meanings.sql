-- What a stage of the CRM means, and since when we mean it so: the seed's word until the workbook
-- says something else. What holds today holds for the whole past of the stage.
with

meanings as (
    select
        'seed:' || source_name || ':' || account_name || ':' || pipeline_id || ':' || stage_id
            as stage_meaning_id,
        source_name || ':' || account_name || ':' || pipeline_id || ':' || stage_id as stage_id,
        source_name || ':' || account_name || ':' || pipeline_id as pipeline_id,
        pipeline_kind,
        stage_rank,
        null::date as valid_from_date,
        null as changed_by,
        null as because,
        'seed' as setting_origin,
        null as sheet_name,
        null::bigint as row_number
    from {{ ref('pipeline_stage_meaning') }}
    union all
    select
        workbook_row_id,
        stage_id,
        pipeline_id,
        pipeline_kind,
        stage_rank,
        valid_from_date,
        changed_by,
        because,
        'workbook',
        sheet_name,
        row_number
    from {{ ref('stg_workbook__stage_meanings') }}
),

int_stage_meanings as (
    select
        stage_meaning_id,
        stage_id,
        pipeline_id,
        pipeline_kind,
        stage_rank,
        valid_from_date,
        lead(valid_from_date) over (
            partition by stage_id
            order by valid_from_date nulls first, stage_meaning_id
        ) as valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number,
        false as is_deleted
    from meanings
)

select * from int_stage_meanings
