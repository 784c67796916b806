select
    {{ workbook_row_id() }} as workbook_row_id,
    field_name,
    value as list_value,
    valid_from::date as valid_from_date,
    changed_by,
    because,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'value_lists') }}
