select
    {{ workbook_row_id() }} as workbook_row_id,
    date::date as survey_date,
    deal as stated_deal,
    score as survey_score,
    comment as comment_text,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'surveys') }}
