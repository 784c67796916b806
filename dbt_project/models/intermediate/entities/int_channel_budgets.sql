with

budgets as (
    select * from {{ ref('stg_workbook__budgets') }}
),

int_channel_budgets as (
    select
        workbook_row_id as channel_budget_id,
        month_start,
        channel,
        channel_budget_amount,
        sheet_name,
        row_number,
        false as is_deleted
    from budgets
)

select * from int_channel_budgets
