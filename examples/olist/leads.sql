-- Olist's marketing-qualified leads. One line is one person's one wish; the company knows no phone.
-- The origin '' stays empty and is not the origin 'unknown': nothing given is not "we do not know".
-- What kind of client a lead is was asked when the deal was closed, so only won leads have one.
with

leads as (
    select *
    from read_csv(
        getvariable('data') || '/funnel/olist_marketing_qualified_leads_dataset.csv',
        header = true,
        types = {'mql_id': 'varchar', 'first_contact_date': 'date', 'landing_page_id': 'varchar', 'origin': 'varchar'}
    )
),

deals as (
    select mql_id, lead_type
    from read_csv(getvariable('data') || '/funnel/olist_closed_deals_dataset.csv', header = true, quote = '"')
)

select
    leads.mql_id as lead_id,
    leads.first_contact_date as created_at,
    leads.mql_id as person_key,
    nullif(leads.origin, '') as source_name,
    nullif(deals.lead_type, '') as client_type,
    false as is_test
from leads
left join deals
    on leads.mql_id = deals.mql_id
