-- Which deal an invoice of the accounting system is for: the deal that carries its number, of a
-- customer with the same tax number, or, where the payer has none, of a private customer. Numbers
-- start anew each year, so a deal's number means the first such invoice after the deal was made,
-- within a year. Two deals for one invoice mean no link, for a wrong link is worse than none.
with

invoices as (
    select * from {{ ref('stg_onec__invoices') }}
),

counterparties as (
    select counterparty_id, {{ tax_customer_id('tax_number') }} as customer_id
    from {{ ref('stg_onec__counterparties') }}
),

deals as (
    select deal_id, customer_id, created_at, invoice_number
    from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales and invoice_number is not null
),

-- A deal may carry several numbers: "123, 130". Materialized, so that numbers are what it is joined
-- by: split within the join, every deal was held against every invoice.
deal_numbers as materialized (
    select
        deals.deal_id,
        deals.customer_id,
        {{ business_date('deals.created_at') }} as created_date,
        {{ normalised_invoice_number('number.value') }} as invoice_number_digits
    from deals
    cross join lateral regexp_split_to_table(deals.invoice_number, '[,;]') as number (value)
),

invoices_by_payer as (
    select invoices.*, counterparties.customer_id
    from invoices
    left join counterparties
        on invoices.counterparty_id = counterparties.counterparty_id
),

nearest_invoices as (
    select
        deal_numbers.deal_id,
        invoices_by_payer.invoice_id,
        rank() over (
            partition by deal_numbers.deal_id, deal_numbers.invoice_number_digits
            order by invoices_by_payer.invoiced_date
        ) as nearness
    from deal_numbers
    inner join invoices_by_payer
        on deal_numbers.invoice_number_digits = invoices_by_payer.invoice_number_digits
        and invoices_by_payer.invoiced_date
        between deal_numbers.created_date and deal_numbers.created_date + 365
        and (
            deal_numbers.customer_id = invoices_by_payer.customer_id
            or (
                invoices_by_payer.customer_id is null
                and deal_numbers.customer_id not like 'tax:%'
            )
        )
),

links as (
    select invoice_id, min(deal_id) as deal_id
    from nearest_invoices
    where nearness = 1
    group by invoice_id
    having count(distinct deal_id) = 1
),

int_invoices_linked_to_deals as (
    select
        invoices_by_payer.invoice_id,
        invoices_by_payer.invoice_number_digits,
        invoices_by_payer.invoiced_date,
        invoices_by_payer.organisation_id,
        invoices_by_payer.counterparty_id,
        invoices_by_payer.invoice_amount,
        invoices_by_payer.currency_code,
        invoices_by_payer.is_posted and not invoices_by_payer.is_deleted as is_in_force,
        links.deal_id
    from invoices_by_payer
    left join links
        on invoices_by_payer.invoice_id = links.invoice_id
)

select * from int_invoices_linked_to_deals
