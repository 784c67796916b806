select
    {{ workbook_row_id() }} as workbook_row_id,
    priority,
    lower(utm_source_pattern) as utm_source_pattern,
    lower(utm_medium_pattern) as utm_medium_pattern,
    {{ ruled_number('called_number') }} as called_number,
    lower(source_word_pattern) as source_word_pattern,
    channel,
    valid_from::date as valid_from_date,
    changed_by,
    because,
    sheet_name,
    row_number
from {{ source('raw_workbook', 'channel_rules') }}
