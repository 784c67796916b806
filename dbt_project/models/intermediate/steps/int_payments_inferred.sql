-- Which deal a payment is for that names none: rules 3 to 5. Payments are taken in order of time,
-- because what an earlier one settled is owed no more to a later one.
--   3  same tax number, and the amount is exactly what one candidate still owes
--   4  same tax number, and one candidate alone was made in the days before
--   5  the payer's phone or e-mail, where the tax number gives no candidate, and the same
-- Two candidates are no match, and no weaker rule is asked then.
with recursive

payments as (
    select payment_id, customer_id, paid_at, paid_date, paid_amount
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null and paid_amount > 0
),

money_movements as (
    select movement_id, counterparty_id from {{ ref('stg_onec__money_movements') }}
),

recognised_payers as (
    select counterparty_id, person_id from {{ ref('int_payers_recognised_by_contacts') }}
),

namings as (
    select payment_id from {{ ref('int_payments_named_by_documents') }}
),

candidate_deals as (
    select deal_id, customer_id, person_id, created_at, due_amount
    from {{ ref('int_deals_awaiting_money') }}
),

named_allocations as (
    select payment_id, paid_at, deal_id, allocated_amount
    from {{ ref('int_payments_allocated_by_documents') }}
),

payments_to_infer as (
    select payments.*
    from payments
    left join namings
        on payments.payment_id = namings.payment_id
    -- What names a deal, be it a lost one, is for that deal or for none.
    where namings.payment_id is null
),

pairs as (
    select payments_to_infer.payment_id, candidate_deals.deal_id, true as is_by_tax_number
    from payments_to_infer
    inner join candidate_deals
        on payments_to_infer.customer_id = candidate_deals.customer_id
    where payments_to_infer.customer_id like 'tax:%'
    union all
    select payments_to_infer.payment_id, candidate_deals.deal_id, false
    from payments_to_infer
    inner join money_movements
        on payments_to_infer.payment_id = money_movements.movement_id
    inner join recognised_payers
        on money_movements.counterparty_id = recognised_payers.counterparty_id
    inner join candidate_deals
        on recognised_payers.person_id = candidate_deals.person_id
),

-- Who could owe what when the payment came, as far as documents tell.
candidates as (
    select
        pairs.payment_id,
        pairs.deal_id,
        pairs.is_by_tax_number,
        candidate_deals.customer_id as deal_customer_id,
        candidate_deals.due_amount - settled.amount as owed_amount,
        {{ business_date('candidate_deals.created_at') }}
        >= payments_to_infer.paid_date - {{ var('payment_match_days') }} as is_recent
    from pairs
    inner join payments_to_infer
        on pairs.payment_id = payments_to_infer.payment_id
    inner join candidate_deals
        on pairs.deal_id = candidate_deals.deal_id
        and payments_to_infer.paid_at >= candidate_deals.created_at
    cross join lateral (
        select coalesce(sum(named_allocations.allocated_amount), 0) as amount
        from named_allocations
        where
            named_allocations.deal_id = pairs.deal_id
            and (named_allocations.paid_at, named_allocations.payment_id)
            < (payments_to_infer.paid_at, payments_to_infer.payment_id)
    ) as settled
    where candidate_deals.due_amount > settled.amount
),

-- Payments that may be for the same deals take turns: those of a customer, and of customers whom
-- a recognised payer connects.
connections as (
    select payments_to_infer.customer_id, candidates.deal_customer_id as other_customer_id
    from candidates
    inner join payments_to_infer
        on candidates.payment_id = payments_to_infer.payment_id
),

connections_both_ways as (
    select customer_id, other_customer_id from connections
    union
    select other_customer_id, customer_id from connections
),

reached (customer_id, reached_customer_id) as (
    select customer_id, other_customer_id from connections_both_ways
    union
    select reached.customer_id, connections_both_ways.other_customer_id
    from reached
    inner join connections_both_ways
        on reached.reached_customer_id = connections_both_ways.customer_id
),

queues as (
    select customer_id, min(reached_customer_id) as queue_id from reached group by customer_id
),

candidates_of_payments as (
    select
        payment_id,
        jsonb_agg(
            jsonb_build_object(
                'deal_id', deal_id,
                'owed_amount', owed_amount,
                'is_by_tax_number', is_by_tax_number,
                'is_recent', is_recent
            )
        ) as candidates
    from candidates
    group by payment_id
),

turns as (
    select
        queues.queue_id,
        row_number() over (
            partition by queues.queue_id
            order by payments_to_infer.paid_at, payments_to_infer.payment_id
        ) as turn,
        payments_to_infer.payment_id,
        payments_to_infer.paid_amount,
        candidates_of_payments.candidates
    from candidates_of_payments
    inner join payments_to_infer
        on candidates_of_payments.payment_id = payments_to_infer.payment_id
    inner join queues
        on payments_to_infer.customer_id = queues.customer_id
),

-- One by one: `settled_amounts` is what the turns before gave to each deal.
inferred (
    queue_id,
    turn,
    payment_id,
    deal_id,
    allocated_amount,
    match_rule,
    fitting_deals_count,
    settled_amounts
) as (
    select queue_id, 0::bigint, ''::text, ''::text, 0::numeric, 0, 0::bigint, '{}'::jsonb
    from turns
    where turn = 1
    union all
    select
        turns.queue_id,
        turns.turn,
        turns.payment_id,
        fitting.deal_id,
        least(fitting.owed_amount, turns.paid_amount),
        fitting.match_rule,
        fitting.deals_count,
        case
            when fitting.deals_count <> 1 then inferred.settled_amounts
            else inferred.settled_amounts || jsonb_build_object(
                fitting.deal_id,
                least(fitting.owed_amount, turns.paid_amount)
                + coalesce((inferred.settled_amounts ->> fitting.deal_id)::numeric, 0)
            )
        end
    from inferred
    inner join turns
        on inferred.queue_id = turns.queue_id
        and inferred.turn + 1 = turns.turn
    cross join lateral (
        select
            min(by_strength.deal_id) as deal_id,
            min(by_strength.owed_amount) as owed_amount,
            min(by_strength.match_rule) as match_rule,
            count(*) as deals_count
        from (
            select
                still_owing.*,
                min(still_owing.match_rule) over () as strongest_rule
            from (
                select
                    candidate.deal_id,
                    candidate.is_recent,
                    owed.amount as owed_amount,
                    case
                        when not candidate.is_by_tax_number then 5
                        when owed.amount = turns.paid_amount then 3
                        else 4
                    end as match_rule
                from jsonb_to_recordset(turns.candidates) as candidate (
                    deal_id text, owed_amount numeric, is_by_tax_number boolean, is_recent boolean
                )
                cross join lateral (
                    select
                        candidate.owed_amount - coalesce(
                            (inferred.settled_amounts ->> candidate.deal_id)::numeric, 0
                        ) as amount
                ) as owed
                where owed.amount > 0
            ) as still_owing
        ) as by_strength
        where
            by_strength.match_rule = by_strength.strongest_rule
            and (by_strength.match_rule = 3 or by_strength.is_recent)
    ) as fitting
),

int_payments_inferred as (
    select
        payment_id,
        case when fitting_deals_count = 1 then deal_id end as deal_id,
        case when fitting_deals_count = 1 then allocated_amount end::numeric(18, 2)
            as allocated_amount,
        case when fitting_deals_count = 1 then match_rule end as match_rule,
        fitting_deals_count
    from inferred
    where turn > 0
)

select * from int_payments_inferred
