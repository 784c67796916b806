{# Which deal a document (a payment, a shipment) is for that names none: rules 3 to 5. Documents are
   taken in order of time, because what an earlier one settled is owed no more to a later one.
     3  same tax number, and the amount is exactly what one candidate still asks for
     4  same tax number, and one candidate alone was made in the days before
     5  the counterparty's phone or e-mail, where the tax number gives no candidate, and the same
   Two candidates are no match, and no weaker rule is asked then.

   Reads the relations `documents_to_infer` (document_id, counterparty_id, customer_id, happened_at,
   happened_date, amount above 0), `candidate_deals`, `recognised_payers` and `named_allocations`
   (document_id, happened_at, deal_id, allocated_amount) of a `with recursive`, and adds the
   relation `inferred`, of one row per document that could be for a deal. #}
{% macro inferred_matches() -%}
pairs_by_anything as (
    select documents_to_infer.document_id, candidate_deals.deal_id, true as is_by_tax_number
    from documents_to_infer
    inner join candidate_deals
        on documents_to_infer.customer_id = candidate_deals.customer_id
    where documents_to_infer.customer_id like 'tax:%'
    union all
    select documents_to_infer.document_id, candidate_deals.deal_id, false
    from documents_to_infer
    inner join recognised_payers
        on documents_to_infer.counterparty_id = recognised_payers.counterparty_id
    inner join candidate_deals
        on recognised_payers.person_id = candidate_deals.person_id
),

pairs as (
    select document_id, deal_id, bool_or(is_by_tax_number) as is_by_tax_number
    from pairs_by_anything
    group by document_id, deal_id
),

-- What documents that name their deal have settled before.
settled as (
    select
        pairs.document_id,
        pairs.deal_id,
        sum(named_allocations.allocated_amount) as amount
    from pairs
    inner join documents_to_infer
        on pairs.document_id = documents_to_infer.document_id
    inner join named_allocations
        on pairs.deal_id = named_allocations.deal_id
        and (named_allocations.happened_at, named_allocations.document_id)
        < (documents_to_infer.happened_at, documents_to_infer.document_id)
    group by pairs.document_id, pairs.deal_id
),

candidates as (
    select
        pairs.document_id,
        pairs.deal_id,
        pairs.is_by_tax_number,
        candidate_deals.customer_id as deal_customer_id,
        candidate_deals.due_amount - coalesce(settled.amount, 0) as owed_amount,
        {{ business_date('candidate_deals.created_at') }}
        >= documents_to_infer.happened_date - {{ var('match_days') }} as is_recent
    from pairs
    inner join documents_to_infer
        on pairs.document_id = documents_to_infer.document_id
    inner join candidate_deals
        on pairs.deal_id = candidate_deals.deal_id
        and documents_to_infer.happened_at >= candidate_deals.created_at
    left join settled
        on pairs.document_id = settled.document_id
        and pairs.deal_id = settled.deal_id
    where candidate_deals.due_amount > coalesce(settled.amount, 0)
),

-- Documents that may be for the same deals take turns: those of a customer, and of customers whom
-- a recognised payer connects.
connections as (
    select documents_to_infer.customer_id, candidates.deal_customer_id as other_customer_id
    from candidates
    inner join documents_to_infer
        on candidates.document_id = documents_to_infer.document_id
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

candidates_of_documents as (
    select
        document_id,
        jsonb_agg(
            jsonb_build_object(
                'deal_id', deal_id,
                'owed_amount', owed_amount,
                'is_by_tax_number', is_by_tax_number,
                'is_recent', is_recent
            )
        ) as candidates
    from candidates
    group by document_id
),

turns as (
    select
        queues.queue_id,
        row_number() over (
            partition by queues.queue_id
            order by documents_to_infer.happened_at, documents_to_infer.document_id
        ) as turn,
        documents_to_infer.document_id,
        documents_to_infer.amount,
        candidates_of_documents.candidates
    from candidates_of_documents
    inner join documents_to_infer
        on candidates_of_documents.document_id = documents_to_infer.document_id
    inner join queues
        on documents_to_infer.customer_id = queues.customer_id
),

-- One by one: `settled_amounts` is what the turns before gave to each deal.
inferred (
    queue_id,
    turn,
    document_id,
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
        turns.document_id,
        fitting.deal_id,
        least(fitting.owed_amount, turns.amount),
        fitting.match_rule,
        fitting.deals_count,
        case
            when fitting.deals_count <> 1 then inferred.settled_amounts
            else inferred.settled_amounts || jsonb_build_object(
                fitting.deal_id,
                least(fitting.owed_amount, turns.amount)
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
                        when owed.amount = turns.amount then 3
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
)
{%- endmacro %}
