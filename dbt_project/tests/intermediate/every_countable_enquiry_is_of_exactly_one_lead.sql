-- Leads are the inbound, not excluded enquiries, each in one of them: none lost, none twice, none
-- other.
with

enquiries_of_leads as (
    select enquiry.id as enquiry_id
    from {{ ref('int_leads') }} as leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
),

countable_enquiries as (
    select enquiry_id from {{ ref('int_enquiries') }}
    where is_inbound and excluded_reason is null
),

counted as (
    select
        coalesce(countable_enquiries.enquiry_id, enquiries_of_leads.enquiry_id) as enquiry_id,
        count(enquiries_of_leads.enquiry_id) as leads_count,
        count(countable_enquiries.enquiry_id) > 0 as is_countable
    from countable_enquiries
    full join enquiries_of_leads
        on countable_enquiries.enquiry_id = enquiries_of_leads.enquiry_id
    group by coalesce(countable_enquiries.enquiry_id, enquiries_of_leads.enquiry_id)
)

select *
from counted
where leads_count <> 1 or not is_countable
