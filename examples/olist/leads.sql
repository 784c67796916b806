-- Olist's marketing-qualified leads. One line is one person's one wish; the company knows no phone.
-- The origin '' stays empty and is not the origin 'unknown': nothing given is not "we do not know".
select
    mql_id as lead_id,
    first_contact_date as created_at,
    mql_id as person_key,
    nullif(origin, '') as source_name,
    false as is_test
from read_csv(
    getvariable('data') || '/funnel/olist_marketing_qualified_leads_dataset.csv',
    header = true,
    types = {'mql_id': 'varchar', 'first_contact_date': 'date', 'landing_page_id': 'varchar', 'origin': 'varchar'}
)
