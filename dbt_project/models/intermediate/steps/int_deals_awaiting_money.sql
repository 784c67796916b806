-- The deals money may be for (not lost, not excluded) and what each asks for in all: its invoices,
-- else the budget of the CRM.
with

deals as (
    select deal_id, customer_id, person_id, created_at, budget_amount
    from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales and status <> 'lost' and excluded_reason is null
),

invoiced as (
    select deal_id, sum(invoice_amount) as invoiced_amount
    from {{ ref('int_invoices_linked_to_deals') }}
    where is_in_force and deal_id is not null and currency_code = '{{ company_currency() }}'
    group by deal_id
),

int_deals_awaiting_money as (
    select
        deals.deal_id,
        deals.customer_id,
        deals.person_id,
        deals.created_at,
        coalesce(invoiced.invoiced_amount, deals.budget_amount) as due_amount
    from deals
    left join invoiced
        on deals.deal_id = invoiced.deal_id
)

select * from int_deals_awaiting_money
