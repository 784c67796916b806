select
    {{ workbook_row_id() }} as workbook_row_id,
    month::date as month_start,
    cost_kind as expense_kind,
    cost_name as expense_name,
    department as stated_department_name,
    manager as stated_manager_name,
    cost_amount as stated_expense_amount,
    coalesce(currency_code, '{{ company_currency() }}') as expense_currency_code,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'costs') }}
