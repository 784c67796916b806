select
    {{ workbook_row_id() }} as workbook_row_id,
    manager as stated_manager_name,
    crm_user as crm_user_name,
    role as employee_role,
    department as stated_department_name,
    team as team_name,
    chat_name,
    valid_from::date as valid_from_date,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'managers') }}
