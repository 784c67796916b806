-- Which deal an invoice of the accounting system is for: the same customer's deal that carries its
-- number. Numbers start anew each year, hence only deals of the invoice's year or the one before.
-- Two such deals mean no link, for a wrong link is worse than none.
with

invoices as (
    select * from {{ ref('stg_onec__invoices') }}
),

counterparties as (
    select counterparty_id, tax_number from {{ ref('stg_onec__counterparties') }}
),

deals as (
    select * from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales and invoice_number is not null
),

-- A deal may carry several numbers: "123, 130".
deal_numbers as (
    select
        deals.deal_id,
        deals.customer_id,
        deals.created_at,
        {{ normalised_invoice_number('number.value') }} as invoice_number_digits
    from deals
    cross join lateral regexp_split_to_table(deals.invoice_number, '[,;]') as number (value)
),

invoices_of_customers as (
    select
        invoices.*,
        coalesce('tax:' || counterparties.tax_number, 'counterparty:' || invoices.counterparty_id) as customer_id
    from invoices
    left join counterparties
        on invoices.counterparty_id = counterparties.counterparty_id
),

candidates as (
    select
        invoices_of_customers.invoice_id,
        deal_numbers.deal_id,
        count(*) over (partition by invoices_of_customers.invoice_id) as candidates_count
    from invoices_of_customers
    inner join deal_numbers
        on invoices_of_customers.customer_id = deal_numbers.customer_id
        and invoices_of_customers.invoice_number_digits = deal_numbers.invoice_number_digits
        and extract(year from {{ business_date('deal_numbers.created_at') }})
        between extract(year from invoices_of_customers.invoiced_date) - 1
        and extract(year from invoices_of_customers.invoiced_date)
),

int_invoices_linked_to_deals as (
    select
        invoices_of_customers.invoice_id,
        invoices_of_customers.invoice_number,
        invoices_of_customers.invoice_number_digits,
        invoices_of_customers.invoiced_at,
        invoices_of_customers.invoiced_date,
        invoices_of_customers.organisation_id,
        invoices_of_customers.customer_id,
        invoices_of_customers.invoice_amount,
        invoices_of_customers.is_posted and not invoices_of_customers.is_deleted as is_in_force,
        case when candidates.candidates_count = 1 then candidates.deal_id end as deal_id
    from invoices_of_customers
    left join candidates
        on invoices_of_customers.invoice_id = candidates.invoice_id
        and candidates.candidates_count = 1
)

select * from int_invoices_linked_to_deals
