select
    {{ workbook_row_id() }} as workbook_row_id,
    month::date as month_start,
    item_kind,
    item_name,
    item_amount,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'system_roi') }}
