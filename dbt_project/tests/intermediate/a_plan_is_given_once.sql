{{ config(severity='warn') }}
-- Two rows of the workbook that plan the same for one manager, department or the company: under two
-- spellings of a name, or in two workbooks. Both count until somebody strikes one out.
with

targets as (
    select
        *,
        count(*) over (
            partition by
                month_start,
                target_scope,
                measure,
                case when target_scope = 'department' then department_name end,
                case when manager_id = '(unmatched)' then stated_manager_name else manager_id end
        ) as plans_count
    from {{ ref('int_targets') }}
)

select month_start, target_scope, department_name, manager_id, measure, sheet_name, row_number
from targets
where plans_count > 1
