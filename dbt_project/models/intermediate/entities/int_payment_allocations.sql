-- Which deal a payment is for, and how much of it. Rules 0 to 2 are what its documents say, rules 3
-- to 5 an inference from who paid and how much, which never gives a deal more than it still owes.
with

payments as (
    select payment_id, paid_at, paid_date from {{ ref('int_payments') }}
),

allocated_by_documents as (
    select payment_id, deal_id, allocated_amount, match_rule
    from {{ ref('int_payments_allocated_by_documents') }}
),

inferred as (
    select payment_id, deal_id, allocated_amount, match_rule
    from {{ ref('int_payments_inferred') }}
    where deal_id is not null
),

responsible_spans as (
    select deal_id, manager_id, valid_from, valid_to
    from {{ ref('int_deal_spans_by_responsible') }}
),

allocated as (
    select * from allocated_by_documents
    union all
    select * from inferred
),

allocated_in_order as (
    select
        allocated.*,
        payments.paid_at,
        payments.paid_date,
        allocated.allocated_amount > 0
        and row_number() over (
            partition by allocated.deal_id
            order by (allocated.allocated_amount > 0) desc, payments.paid_at, payments.payment_id
        ) = 1 as is_first_of_deal,
        sum(allocated.allocated_amount) over (partition by allocated.deal_id) > 0 as is_of_sale
    from allocated
    inner join payments
        on allocated.payment_id = payments.payment_id
),

int_payment_allocations as (
    select
        md5(allocated_in_order.payment_id || '|' || allocated_in_order.deal_id) as allocation_id,
        allocated_in_order.payment_id,
        allocated_in_order.deal_id,
        allocated_in_order.allocated_amount::numeric(18, 2) as allocated_amount,
        allocated_in_order.match_rule::integer as match_rule,
        allocated_in_order.paid_at,
        allocated_in_order.paid_date,
        -- Money belongs to who was responsible for the deal when it came.
        coalesce(responsible_spans.manager_id, 'unassigned') as manager_id,
        allocated_in_order.is_first_of_deal,
        -- A payment for several deals is counted once: if it can, under one it is the first money
        -- of.
        row_number() over (
            partition by allocated_in_order.payment_id
            order by
                (allocated_in_order.is_first_of_deal and allocated_in_order.is_of_sale) desc,
                allocated_in_order.is_first_of_deal desc,
                allocated_in_order.allocated_amount desc,
                allocated_in_order.deal_id
        ) = 1 as counts_payment,
        false as is_deleted
    from allocated_in_order
    left join responsible_spans
        on allocated_in_order.deal_id = responsible_spans.deal_id
        and allocated_in_order.paid_at >= responsible_spans.valid_from
        and allocated_in_order.paid_at < responsible_spans.valid_to
)

select * from int_payment_allocations
