-- Olist's marketing-qualified leads. One line is one person's one wish; the company knows no phone.
-- The origin '' stays empty and is not the origin 'unknown': nothing given is not "we do not know".
select
    mql_id as lead_id,
    first_contact_date as created_at,
    mql_id as person_key,
    null::varchar as person_name,
    null::varchar as phone,
    null::varchar as email,
    null::varchar as company_name,
    null::varchar as tax_number,
    nullif(origin, '') as source_name,
    null::varchar as utm_source,
    null::varchar as utm_medium,
    null::varchar as utm_campaign,
    null::varchar as manager_id,
    null::varchar as manager_name,
    null::varchar as city,
    null::varchar as client_type,
    false as is_test
from read_csv(
    getvariable('data') || '/funnel/olist_marketing_qualified_leads_dataset.csv',
    header = true,
    all_varchar = false,
    types = {'mql_id': 'varchar', 'first_contact_date': 'date', 'landing_page_id': 'varchar', 'origin': 'varchar'}
)
