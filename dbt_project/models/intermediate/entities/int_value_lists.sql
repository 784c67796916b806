-- Which values a field of the CRM may have. Once the workbook lists any of a field, its list is the
-- field's list.
with

values_of_workbook as (
    select distinct on (field_name, list_value) * from {{ ref('stg_workbook__value_lists') }}
    order by field_name, list_value, valid_from_date, workbook_row_id
),

fields_of_workbook as (
    select field_name, min(valid_from_date) as listed_from_date
    from values_of_workbook
    group by field_name
),

int_value_lists as (
    select
        'seed:' || value_lists.field_name || ':' || value_lists.list_value as value_list_id,
        value_lists.field_name,
        value_lists.list_value,
        value_lists.valid_from as valid_from_date,
        fields_of_workbook.listed_from_date as valid_before_date,
        value_lists.changed_by,
        value_lists.because,
        'seed' as setting_origin,
        null as sheet_name,
        null::bigint as row_number,
        false as is_deleted
    from {{ ref('value_lists') }} as value_lists
    left join fields_of_workbook
        on value_lists.field_name = fields_of_workbook.field_name
    union all
    select
        workbook_row_id,
        field_name,
        list_value,
        valid_from_date,
        null,
        changed_by,
        because,
        'workbook',
        sheet_name,
        row_number,
        false
    from values_of_workbook
)

select * from int_value_lists
