-- Which customer a counterparty of the accounting system is: by tax number; a private payer by the
-- deals its invoices are for, if they are all one customer's; else it stands for itself.
with

counterparties as (
    select counterparty_id, {{ tax_customer_id('tax_number') }} as customer_id
    from {{ ref('stg_onec__counterparties') }}
),

linked_invoices as (
    select counterparty_id, deal_id from {{ ref('int_invoices_linked_to_deals') }}
    where deal_id is not null
),

deals as (
    select deal_id, customer_id from {{ ref('int_deals_with_customers') }}
),

customers_by_invoices as (
    select linked_invoices.counterparty_id, min(deals.customer_id) as customer_id
    from linked_invoices
    inner join deals
        on linked_invoices.deal_id = deals.deal_id
    group by linked_invoices.counterparty_id
    having count(distinct deals.customer_id) = 1
),

int_counterparties_with_customers as (
    select
        counterparties.counterparty_id,
        coalesce(
            counterparties.customer_id,
            customers_by_invoices.customer_id,
            'counterparty:' || counterparties.counterparty_id
        ) as customer_id
    from counterparties
    left join customers_by_invoices
        on counterparties.counterparty_id = customers_by_invoices.counterparty_id
)

select * from int_counterparties_with_customers
