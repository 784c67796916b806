-- Money no deal explains, and why. A reason is what the accountant or manager would have to look at.
with

payments as (
    select * from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select payment_id, deal_id, allocated_amount from {{ ref('int_payment_allocations') }}
),

dues as (
    select * from {{ ref('int_deals_awaiting_money') }}
),

deals as (
    select customer_id from {{ ref('int_deals_with_customers') }}
),

breakdown_lines as (
    select movement_id, invoice_id from {{ ref('stg_onec__bank_movement_lines') }}
),

invoices as (
    select invoice_id, deal_id from {{ ref('int_invoices_linked_to_deals') }}
    where deal_id is not null
),

allocated_of_payments as (
    select payment_id, sum(allocated_amount) as allocated_amount
    from allocations
    group by payment_id
),

allocated_of_deals as (
    select deal_id, sum(allocated_amount) as allocated_amount
    from allocations
    group by deal_id
),

unmatched as (
    select
        payments.payment_id,
        payments.customer_id,
        payments.paid_at,
        payments.is_refund,
        payments.paid_amount - coalesce(allocated_of_payments.allocated_amount, 0) as unmatched_amount,
        allocated_of_payments.payment_id is null as is_whole_payment
    from payments
    left join allocated_of_payments
        on payments.payment_id = allocated_of_payments.payment_id
    where
        allocated_of_payments.payment_id is null
        or payments.paid_amount <> allocated_of_payments.allocated_amount
),

naming_a_deal as (
    select distinct breakdown_lines.movement_id as payment_id
    from breakdown_lines
    inner join invoices
        on breakdown_lines.invoice_id = invoices.invoice_id
),

fitting_deals as (
    select unmatched.payment_id, count(*) as deals_count
    from unmatched
    inner join dues
        on unmatched.customer_id = dues.customer_id
        and unmatched.paid_at >= dues.created_at
    left join allocated_of_deals
        on dues.deal_id = allocated_of_deals.deal_id
    where dues.due_amount - coalesce(allocated_of_deals.allocated_amount, 0) = unmatched.unmatched_amount
    group by unmatched.payment_id
),

int_unmatched_payments as (
    select
        unmatched.payment_id,
        unmatched.customer_id,
        unmatched.paid_at,
        unmatched.unmatched_amount,
        unmatched.is_whole_payment,
        case
            when naming_a_deal.payment_id is not null then 'names_a_deal_that_does_not_count'
            when unmatched.is_refund then 'refund_names_no_deal'
            when fitting_deals.deals_count > 1 then 'fits_several_deals'
            when unmatched.customer_id in (select deals.customer_id from deals) then 'fits_no_deal'
            else 'customer_unknown_to_crm'
        end as unmatched_reason,
        false as is_deleted
    from unmatched
    left join naming_a_deal
        on unmatched.payment_id = naming_a_deal.payment_id
    left join fitting_deals
        on unmatched.payment_id = fitting_deals.payment_id
)

select * from int_unmatched_payments
