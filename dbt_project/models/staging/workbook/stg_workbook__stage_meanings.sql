select
    {{ workbook_row_id() }} as workbook_row_id,
    source_name || ':' || crm_account || ':' || pipeline_id || ':' || stage_id as stage_id,
    source_name || ':' || crm_account || ':' || pipeline_id as pipeline_id,
    pipeline_kind,
    stage_rank,
    valid_from::date as valid_from_date,
    changed_by,
    because,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'stage_meanings') }}
