with

invoices as (
    select invoice_id, invoice_number, invoiced_at, is_deleted from {{ ref('stg_onec__invoices') }}
),

links as (
    select
        invoice_id,
        invoiced_date,
        counterparty_id,
        invoice_amount,
        currency_code,
        is_in_force,
        deal_id
    from {{ ref('int_invoices_linked_to_deals') }}
),

counterparties as (
    select counterparty_id, customer_id from {{ ref('int_counterparties_with_customers') }}
),

int_invoices as (
    select
        invoices.invoice_id,
        invoices.invoice_number,
        invoices.invoiced_at,
        links.invoiced_date,
        coalesce(counterparties.customer_id, 'counterparty:' || links.counterparty_id)
            as customer_id,
        links.deal_id,
        links.invoice_amount,
        links.currency_code,
        links.is_in_force,
        invoices.is_deleted
    from invoices
    inner join links
        on invoices.invoice_id = links.invoice_id
    left join counterparties
        on links.counterparty_id = counterparties.counterparty_id
)

select * from int_invoices
