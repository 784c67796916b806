select
    {{ workbook_row_id() }} as workbook_row_id,
    alert_rule,
    measure,
    coalesce(scope, 'company') as scope,
    threshold_value,
    valid_from::date as valid_from_date,
    changed_by,
    because,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'alert_thresholds') }}
