-- Money no deal explains, and why. A reason is what the accountant or manager has to look at.
with

payments as (
    select payment_id, customer_id, paid_at, is_refund, paid_amount from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select payment_id, deal_id, allocated_amount from {{ ref('int_payment_allocations') }}
),

candidate_deals as (
    select deal_id from {{ ref('int_deals_awaiting_money') }}
),

inferred as (
    select payment_id, fitting_deals_count from {{ ref('int_payments_inferred') }}
),

deals as (
    select customer_id from {{ ref('int_deals_with_customers') }}
),

namings as (
    select payment_id, deal_id from {{ ref('int_payments_named_by_documents') }}
),

allocated_of_payments as (
    select payment_id, sum(allocated_amount) as allocated_amount
    from allocations
    group by payment_id
),

unmatched as (
    select
        payments.payment_id,
        payments.customer_id,
        payments.paid_at,
        payments.is_refund,
        payments.paid_amount - coalesce(allocated_of_payments.allocated_amount, 0)
            as unmatched_amount,
        allocated_of_payments.payment_id is null as is_whole_payment
    from payments
    left join allocated_of_payments
        on payments.payment_id = allocated_of_payments.payment_id
    where
        allocated_of_payments.payment_id is null
        or payments.paid_amount <> allocated_of_payments.allocated_amount
),

named_deals as (
    select
        namings.payment_id,
        bool_or(candidate_deals.deal_id is null) as name_what_does_not_count,
        count(candidate_deals.deal_id) as candidates_count
    from namings
    left join candidate_deals
        on namings.deal_id = candidate_deals.deal_id
    group by namings.payment_id
),

int_unmatched_payments as (
    select
        unmatched.payment_id,
        unmatched.customer_id,
        unmatched.paid_at,
        unmatched.unmatched_amount,
        unmatched.is_whole_payment,
        case
            when named_deals.name_what_does_not_count then 'names_a_deal_that_does_not_count'
            when unmatched.is_refund then 'refund_names_no_deal'
            when inferred.fitting_deals_count > 1 then 'fits_several_deals'
            when unmatched.is_whole_payment and named_deals.candidates_count > 1
                then 'fits_several_deals'
            when unmatched.customer_id in (select deals.customer_id from deals) then 'fits_no_deal'
            else 'customer_unknown_to_crm'
        end as unmatched_reason,
        false as is_deleted
    from unmatched
    left join named_deals
        on unmatched.payment_id = named_deals.payment_id
    left join inferred
        on unmatched.payment_id = inferred.payment_id
)

select * from int_unmatched_payments
