with

items as (
    select * from {{ ref('stg_workbook__system_roi') }}
),

int_system_returns as (
    select
        workbook_row_id as system_return_id,
        month_start,
        item_kind,
        item_name,
        item_amount,
        sheet_name,
        row_number,
        false as is_deleted
    from items
)

select * from int_system_returns
