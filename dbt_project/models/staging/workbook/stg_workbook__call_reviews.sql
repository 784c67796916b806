select
    {{ workbook_row_id() }} as workbook_row_id,
    call as stated_call,
    date::date as stated_call_date,
    manager as stated_manager_name,
    points as script_points,
    comment as comment_text,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'call_reviews') }}
