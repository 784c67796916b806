select
    {{ workbook_row_id() }} as workbook_row_id,
    manager as stated_manager_name,
    first_date::date as first_date,
    last_date::date as last_date,
    leave_kind,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'leave') }}
