-- One event leaves many records, but a deal comes from one event: otherwise its money would have
-- two channels.
with

deals as (
    select deal_id from {{ ref('int_deals') }}
),

enquiry_deals as (
    select deal.id as deal_id
    from {{ ref('int_enquiries') }} as enquiries
    cross join lateral unnest(enquiries.deal_ids) as deal (id)
)

select deals.deal_id, count(enquiry_deals.deal_id) as enquiries_count
from deals
left join enquiry_deals
    on deals.deal_id = enquiry_deals.deal_id
group by deals.deal_id
having count(enquiry_deals.deal_id) <> 1
