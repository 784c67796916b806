-- Who a deal is with (person) and who pays for it (customer): the company by tax number with its
-- country, else the CRM's company, else the person.
with

deals as (
    select * from {{ ref('int_deals_with_stage_meaning') }}
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

companies as (
    select company_id, {{ tax_customer_id('tax_number') }} as customer_id
    from {{ ref('int_companies_unioned') }}
),

int_deals_with_customers as (
    select
        deals.*,
        person_records.person_id,
        coalesce(
            companies.customer_id,
            {{ tax_customer_id('deals.export_tax_number') }},
            'company:' || companies.company_id,
            'customer:' || deals.export_customer_id,
            'person:' || person_records.person_id
        ) as customer_id
    from deals
    inner join person_records
        on deals.person_record_id = person_records.record_id
    left join companies
        on deals.company_id = companies.company_id
)

select * from int_deals_with_customers
