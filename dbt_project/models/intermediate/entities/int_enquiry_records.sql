-- The records that an enquiry left: its unsorted item, its deal, the call that caused it.
with

int_enquiry_records as (
    select record_type, record_id, enquiry_id, created_at, deal_id, false as is_deleted
    from {{ ref('int_enquiry_records_grouped') }}
)

select * from int_enquiry_records
