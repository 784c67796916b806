select
    {{ workbook_row_id() }} as workbook_row_id,
    month::date as month_start,
    department as stated_department_name,
    manager as stated_manager_name,
    revenue_amount as planned_revenue_amount,
    margin_amount as planned_margin_amount,
    leads_count as planned_leads_count,
    sales_count as planned_sales_count,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'plans') }}
