-- Which fields of the CRM have to be filled in. Once the workbook lists any, its list is the list.
with

fields_of_workbook as (
    select distinct on (field_name) * from {{ ref('stg_workbook__required_fields') }}
    order by field_name, valid_from_date, workbook_row_id
),

int_required_fields as (
    select
        'seed:' || field_name as required_field_id,
        field_name,
        valid_from as valid_from_date,
        (select min(valid_from_date) from fields_of_workbook) as valid_before_date,
        changed_by,
        because,
        'seed' as setting_origin,
        null as sheet_name,
        null::bigint as row_number,
        false as is_deleted
    from {{ ref('required_fields') }}
    union all
    select
        workbook_row_id,
        field_name,
        valid_from_date,
        null,
        changed_by,
        because,
        'workbook',
        sheet_name,
        row_number,
        false
    from fields_of_workbook
)

select * from int_required_fields
