-- Which deals a payment's own documents name, whether or not the deal counts. The first rule that
-- names any deal is the one; what to make of it is decided in int_payment_allocations.
--   0  the document's breakdown line names the invoice (or, in an export, the deal itself)
--   1  the document is based on the invoice
--   2  the purpose text names an invoice number of the same customer
with

payments as (
    select payment_id, customer_id, paid_date, document_amount
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

money_movements as (
    select movement_id, organisation_id, base_invoice_id, purpose
    from {{ ref('stg_onec__money_movements') }}
),

breakdown_lines as (
    select movement_id, invoice_id, line_amount from {{ ref('stg_onec__money_movement_lines') }}
),

export_payments as (
    select payment_id, deal_id from {{ ref('stg_exports__payments') }}
    where deal_id is not null
),

linked_invoices as (
    select
        invoice_id,
        invoice_number_digits,
        invoiced_date,
        organisation_id,
        counterparty_id,
        deal_id
    from {{ ref('int_invoices_linked_to_deals') }}
    where is_in_force and deal_id is not null
),

counterparties as (
    select counterparty_id, customer_id from {{ ref('int_counterparties_with_customers') }}
),

invoices as (
    select linked_invoices.*, counterparties.customer_id
    from linked_invoices
    left join counterparties
        on linked_invoices.counterparty_id = counterparties.counterparty_id
),

named_by_breakdown as (
    select
        breakdown_lines.movement_id as payment_id,
        invoices.deal_id,
        sum(breakdown_lines.line_amount) as named_amount
    from breakdown_lines
    inner join invoices
        on breakdown_lines.invoice_id = invoices.invoice_id
    group by breakdown_lines.movement_id, invoices.deal_id
),

named_by_base_document as (
    select money_movements.movement_id as payment_id, invoices.deal_id
    from money_movements
    inner join invoices
        on money_movements.base_invoice_id = invoices.invoice_id
),

numbers_in_purpose as (
    select
        money_movements.movement_id as payment_id,
        money_movements.organisation_id,
        {{ normalised_invoice_number('found.match[1]') }} as invoice_number_digits
    from money_movements
    cross join lateral regexp_matches(
        money_movements.purpose, '{{ var("invoice_in_purpose_pattern") }}', 'gi'
    ) as found (match)
),

named_by_purpose as (
    select payments.payment_id, invoices.deal_id
    from payments
    inner join numbers_in_purpose
        on payments.payment_id = numbers_in_purpose.payment_id
    inner join invoices
        on payments.customer_id = invoices.customer_id
        and numbers_in_purpose.organisation_id is not distinct from invoices.organisation_id
        and numbers_in_purpose.invoice_number_digits = invoices.invoice_number_digits
        and invoices.invoiced_date between payments.paid_date - 365 and payments.paid_date
    group by payments.payment_id, invoices.deal_id
),

named_by_any_rule as (
    select payment_id, deal_id, named_amount, 0 as match_rule from named_by_breakdown
    union all
    select payment_id, deal_id, null, 0 from export_payments
    union all
    select payment_id, deal_id, null, 1 from named_by_base_document
    union all
    select payment_id, deal_id, null, 2 from named_by_purpose
),

first_rules as (
    select payment_id, min(match_rule) as match_rule
    from named_by_any_rule
    group by payment_id
),

int_payments_named_by_documents as (
    select
        payments.payment_id,
        named_by_any_rule.deal_id,
        -- Only a breakdown says how much is for which deal; all else names one for all of it.
        coalesce(named_by_any_rule.named_amount, payments.document_amount)::numeric(18, 2)
            as named_amount,
        named_by_any_rule.match_rule
    from payments
    inner join first_rules
        on payments.payment_id = first_rules.payment_id
    inner join named_by_any_rule
        on first_rules.payment_id = named_by_any_rule.payment_id
        and first_rules.match_rule = named_by_any_rule.match_rule
)

select * from int_payments_named_by_documents
