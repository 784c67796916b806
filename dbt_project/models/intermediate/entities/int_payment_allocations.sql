-- Which deal a payment is for. Payments are taken in order of time and the first rule that decides,
-- decides; two candidates are no match, because a wrong match is worse than none.
--   0, 1, 2  its documents name the deal (int_payments_named_by_documents)
--   3        same tax number, and the amount is exactly what one candidate still owes
-- Rules 0 to 2 are the payer's or accountant's own word, so they need no outstanding amount; rule 3
-- is an inference and never allocates more than is owed.
with recursive

payments as (
    select payment_id, customer_id, paid_at, paid_date, document_amount, paid_amount
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

namings as (
    select payment_id, deal_id, named_amount, match_rule
    from {{ ref('int_payments_named_by_documents') }}
),

candidate_deals as (
    select deal_id, customer_id, created_at, due_amount from {{ ref('int_deals_awaiting_money') }}
),

responsible_spans as (
    select deal_id, manager_id, valid_from, valid_to
    from {{ ref('int_deal_spans_by_responsible') }}
),

named_candidates as (
    select
        namings.payment_id,
        namings.deal_id,
        namings.named_amount,
        namings.match_rule,
        count(*) over (partition by namings.payment_id) as candidates_count,
        sum(namings.named_amount) over (
            partition by namings.payment_id
            order by namings.deal_id
            rows between unbounded preceding and 1 preceding
        ) as named_before_amount
    from namings
    inner join candidate_deals
        on namings.deal_id = candidate_deals.deal_id
),

named_with_rest as (
    select
        payments.payment_id,
        payments.paid_at,
        payments.paid_amount,
        payments.document_amount,
        named_candidates.deal_id,
        named_candidates.named_amount,
        named_candidates.match_rule,
        payments.document_amount - coalesce(named_candidates.named_before_amount, 0) as rest_amount
    from payments
    inner join named_candidates
        on payments.payment_id = named_candidates.payment_id
    -- A breakdown may be for several deals; a purpose that names several decides nothing.
    where named_candidates.match_rule < 2 or named_candidates.candidates_count = 1
),

allocated_by_name as (
    select
        payment_id,
        paid_at,
        deal_id,
        -- Never more than the payment, whatever its lines add up to: each deal gets at most what
        -- the deals before it left.
        case
            when document_amount < 0 then greatest(named_amount, least(rest_amount, 0))
            else least(named_amount, greatest(rest_amount, 0))
        end * paid_amount / nullif(document_amount, 0) as allocated_amount,
        match_rule
    from named_with_rest
),

payments_to_infer as (
    select
        payments.payment_id,
        payments.customer_id,
        payments.paid_at,
        payments.paid_amount,
        row_number() over (
            partition by payments.customer_id
            order by payments.paid_at, payments.payment_id
        ) as customer_payment_number
    from payments
    where
        payments.document_amount > 0
        and payments.customer_id like 'tax:%'
        -- What names a deal, be it a lost one, is for that deal or for none: nothing is inferred.
        and payments.payment_id not in (select namings.payment_id from namings)
),

-- What an unnamed payment could be for: deals that owed exactly its amount when it came, as far as
-- named payments had not settled them.
owed_exactly as (
    select
        payments_to_infer.payment_id,
        payments_to_infer.customer_id,
        payments_to_infer.customer_payment_number,
        array_agg(dues.deal_id order by dues.deal_id) as deal_ids
    from payments_to_infer
    inner join candidate_deals as dues
        on payments_to_infer.customer_id = dues.customer_id
        and payments_to_infer.paid_at >= dues.created_at
    left join lateral (
        select coalesce(sum(allocated_by_name.allocated_amount), 0) as amount
        from allocated_by_name
        where
            allocated_by_name.deal_id = dues.deal_id
            and (allocated_by_name.paid_at, allocated_by_name.payment_id)
            < (payments_to_infer.paid_at, payments_to_infer.payment_id)
    ) as settled
        on true
    where dues.due_amount - settled.amount = payments_to_infer.paid_amount
    group by
        payments_to_infer.payment_id,
        payments_to_infer.customer_id,
        payments_to_infer.customer_payment_number
),

owed_in_turn as (
    select
        payment_id,
        customer_id,
        deal_ids,
        row_number() over (partition by customer_id order by customer_payment_number) as turn
    from owed_exactly
),

-- One by one within a customer: a deal that an earlier payment settled owes nothing to a later one.
inferred (customer_id, turn, payment_id, deal_id, settled_deal_ids) as (
    select
        customer_id,
        turn,
        payment_id,
        case when cardinality(deal_ids) = 1 then deal_ids[1] end,
        case when cardinality(deal_ids) = 1 then deal_ids else '{}'::text[] end
    from owed_in_turn
    where turn = 1
    union all
    select
        owed_in_turn.customer_id,
        owed_in_turn.turn,
        owed_in_turn.payment_id,
        still_owed.deal_id,
        inferred.settled_deal_ids || still_owed.deal_ids
    from inferred
    inner join owed_in_turn
        on inferred.customer_id = owed_in_turn.customer_id
        and inferred.turn + 1 = owed_in_turn.turn
    cross join lateral (
        select
            case when count(*) = 1 then min(owed.deal_id) end as deal_id,
            case when count(*) = 1 then array_agg(owed.deal_id) else '{}'::text[] end as deal_ids
        from unnest(owed_in_turn.deal_ids) as owed (deal_id)
        where owed.deal_id <> all(inferred.settled_deal_ids)
    ) as still_owed
),

allocated as (
    select payment_id, deal_id, allocated_amount, match_rule
    from allocated_by_name
    union all
    select inferred.payment_id, inferred.deal_id, payments.paid_amount, 3
    from inferred
    inner join payments
        on inferred.payment_id = payments.payment_id
    where inferred.deal_id is not null
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
