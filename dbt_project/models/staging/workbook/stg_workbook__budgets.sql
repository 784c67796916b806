select
    {{ workbook_row_id() }} as workbook_row_id,
    month::date as month_start,
    channel,
    budget_amount as channel_budget_amount,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'budgets') }}
