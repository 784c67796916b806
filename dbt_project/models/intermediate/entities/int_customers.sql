with

deals as (
    select customer_id, person_id, created_at, is_deleted from {{ ref('int_deals_with_customers') }}
),

persons as (
    select person_id, person_name, created_at, is_deleted from {{ ref('int_persons') }}
),

companies as (
    select company_id, company_name, tax_number, created_at, is_deleted
    from {{ ref('int_companies_unioned') }}
),

counterparties as (
    select counterparty_id, counterparty_name, tax_number, is_deleted
    from {{ ref('stg_onec__counterparties') }}
),

counterparty_customers as (
    select counterparty_id, customer_id from {{ ref('int_counterparties_with_customers') }}
),

export_deals as (
    select export_customer_id, customer_name, tax_number, created_at, is_deleted
    from {{ ref('stg_exports__deals') }}
),

export_payments as (
    select export_customer_id, payer_name, tax_number from {{ ref('stg_exports__payments') }}
),

-- The same customer is named by several records; the CRM's word comes before the accountant's.
named as (
    select
        coalesce({{ tax_customer_id('tax_number') }}, 'company:' || company_id) as customer_id,
        company_name as customer_name,
        tax_number,
        created_at,
        is_deleted,
        1 as preference
    from companies
    union all
    select
        counterparty_customers.customer_id,
        counterparties.counterparty_name,
        counterparties.tax_number,
        null,
        counterparties.is_deleted,
        2
    from counterparties
    inner join counterparty_customers
        on counterparties.counterparty_id = counterparty_customers.counterparty_id
    union all
    select
        coalesce({{ tax_customer_id('tax_number') }}, 'customer:' || export_customer_id),
        customer_name,
        tax_number,
        created_at,
        is_deleted,
        3
    from export_deals
    union all
    select
        coalesce({{ tax_customer_id('tax_number') }}, 'customer:' || export_customer_id),
        payer_name,
        tax_number,
        null,
        false,
        4
    from export_payments
    union all
    select 'person:' || person_id, person_name, null, created_at, is_deleted, 5
    from persons
    union all
    select customer_id, null, null, created_at, is_deleted, 6
    from deals
),

int_customers as (
    select
        customer_id,
        split_part(customer_id, ':', 1) as customer_kind,
        (array_agg(customer_name order by preference, created_at)
            filter (where customer_name <> ''))[1] as customer_name,
        max(tax_number) as tax_number,
        min(created_at) as first_seen_at,
        bool_and(is_deleted) as is_deleted
    from named
    -- Some exports name a payer neither by a number that is right nor by a key.
    where customer_id is not null
    group by customer_id
)

select * from int_customers
