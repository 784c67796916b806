-- What each payment gives to the deals its documents name: rules 0 to 2. It is the payer's or the
-- accountant's own word, so it needs nothing outstanding.
with

payments as (
    select payment_id, paid_at, document_amount, paid_amount
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

namings as (
    select payment_id, deal_id, named_amount, match_rule
    from {{ ref('int_payments_named_by_documents') }}
),

candidate_deals as (
    select deal_id from {{ ref('int_deals_awaiting_money') }}
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

allocated as (
    select
        payment_id,
        paid_at,
        deal_id,
        -- Never more than the payment, whatever its lines add up to: each deal gets at most what
        -- the deals before it left.
        (
            case
                when document_amount < 0 then greatest(named_amount, least(rest_amount, 0))
                else least(named_amount, greatest(rest_amount, 0))
            end * paid_amount / nullif(document_amount, 0)
        )::numeric(18, 2) as allocated_amount,
        match_rule
    from named_with_rest
),

int_payments_allocated_by_documents as (
    select payment_id, paid_at, deal_id, allocated_amount, match_rule
    from allocated
    where allocated_amount is distinct from 0
)

select * from int_payments_allocated_by_documents
