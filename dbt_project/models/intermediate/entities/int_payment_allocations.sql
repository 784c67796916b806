-- Which deal a payment is for. Payments are taken in order of time and the first rule that decides,
-- decides; two candidates are no match, because a wrong match is worse than none.
--   0  the document's breakdown line names the invoice (or, in an export, the deal itself)
--   1  the document is based on the invoice
--   2  the purpose text names an invoice number of the same customer
--   3  same tax number, and the amount is exactly what one candidate still owes
-- Rules 0 to 2 are the payer's or accountant's own word, so they need no outstanding amount; rule 3
-- is an inference and never allocates more than is owed.
with recursive

payments as (
    select * from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

bank_movements as (
    select movement_id, organisation_id, base_invoice_id, purpose from {{ ref('stg_onec__bank_movements') }}
),

breakdown_lines as (
    select movement_id, invoice_id, line_amount from {{ ref('stg_onec__bank_movement_lines') }}
),

export_payments as (
    select payment_id, deal_id from {{ ref('stg_exports__payments') }}
),

invoices as (
    select linked_invoices.*, counterparty_customers.customer_id
    from {{ ref('int_invoices_linked_to_deals') }} as linked_invoices
    left join {{ ref('int_counterparties_with_customers') }} as counterparty_customers
        on linked_invoices.counterparty_id = counterparty_customers.counterparty_id
    where linked_invoices.is_in_force
),

candidate_deals as (
    select * from {{ ref('int_deals_awaiting_money') }}
),

responsible_spans as (
    select * from {{ ref('int_deal_spans_by_responsible') }}
),

named_by_breakdown as (
    select breakdown_lines.movement_id as payment_id, invoices.deal_id, sum(breakdown_lines.line_amount) as named_amount
    from breakdown_lines
    inner join invoices
        on breakdown_lines.invoice_id = invoices.invoice_id
    where invoices.deal_id is not null
    group by breakdown_lines.movement_id, invoices.deal_id
    union all
    select export_payments.payment_id, export_payments.deal_id, payments.document_amount
    from export_payments
    inner join payments
        on export_payments.payment_id = payments.payment_id
    where export_payments.deal_id is not null
),

named_by_base_document as (
    select bank_movements.movement_id as payment_id, invoices.deal_id
    from bank_movements
    inner join invoices
        on bank_movements.base_invoice_id = invoices.invoice_id
    where invoices.deal_id is not null
),

numbers_in_purpose as (
    select distinct
        bank_movements.movement_id as payment_id,
        bank_movements.organisation_id,
        {{ normalised_invoice_number('found.match[1]') }} as invoice_number_digits
    from bank_movements
    cross join lateral regexp_matches(bank_movements.purpose, '{{ var("invoice_in_purpose_pattern") }}', 'gi')
        as found (match)
),

invoices_in_purpose as (
    select payments.payment_id, invoices.deal_id
    from payments
    inner join numbers_in_purpose
        on payments.payment_id = numbers_in_purpose.payment_id
    inner join invoices
        on payments.customer_id = invoices.customer_id
        and numbers_in_purpose.organisation_id is not distinct from invoices.organisation_id
        and numbers_in_purpose.invoice_number_digits = invoices.invoice_number_digits
        and invoices.invoiced_date between payments.paid_date - 365 and payments.paid_date
    where invoices.deal_id is not null
),

named_by_purpose as (
    select invoices_in_purpose.payment_id, min(invoices_in_purpose.deal_id) as deal_id
    from invoices_in_purpose
    inner join candidate_deals
        on invoices_in_purpose.deal_id = candidate_deals.deal_id
    group by invoices_in_purpose.payment_id
    having count(distinct invoices_in_purpose.deal_id) = 1
),

allocated_by_name as (
    select
        payments.payment_id,
        payments.paid_at,
        named.deal_id,
        -- Never more than the payment, whatever its lines add up to: each deal gets at most what the
        -- deals before it left.
        case
            when payments.document_amount < 0
                then greatest(
                    named.named_amount,
                    least(payments.document_amount - coalesce(sum(named.named_amount) over deals_before, 0), 0)
                )
            else least(
                named.named_amount,
                greatest(payments.document_amount - coalesce(sum(named.named_amount) over deals_before, 0), 0)
            )
        end * payments.paid_amount / nullif(payments.document_amount, 0) as allocated_amount,
        named.match_rule
    from payments
    inner join (
        select payment_id, deal_id, named_amount, 0 as match_rule from named_by_breakdown
        union all
        select named_by_base_document.payment_id, named_by_base_document.deal_id, payments.document_amount, 1
        from named_by_base_document
        inner join payments
            on named_by_base_document.payment_id = payments.payment_id
        where named_by_base_document.payment_id not in (select payment_id from named_by_breakdown)
        union all
        select named_by_purpose.payment_id, named_by_purpose.deal_id, payments.document_amount, 2
        from named_by_purpose
        inner join payments
            on named_by_purpose.payment_id = payments.payment_id
        where
            named_by_purpose.payment_id not in (select payment_id from named_by_breakdown)
            and named_by_purpose.payment_id not in (select payment_id from named_by_base_document)
    ) as named
        on payments.payment_id = named.payment_id
    inner join candidate_deals
        on named.deal_id = candidate_deals.deal_id
    window deals_before as (
        partition by payments.payment_id
        order by named.deal_id
        rows between unbounded preceding and 1 preceding
    )
),

payments_to_infer as (
    select
        payments.*,
        row_number() over (partition by payments.customer_id order by payments.paid_at, payments.payment_id)
            as customer_payment_number
    from payments
    where
        payments.document_amount > 0
        and payments.customer_id like 'tax:%'
        -- What names a deal, be it a lost one, is for that deal or for none: nothing is inferred.
        and payments.payment_id not in (select payment_id from named_by_breakdown)
        and payments.payment_id not in (select payment_id from named_by_base_document)
        and payments.payment_id not in (select payment_id from invoices_in_purpose)
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
        payments_to_infer.payment_id, payments_to_infer.customer_id, payments_to_infer.customer_payment_number
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
        -- A payment for several deals is counted once: under a deal it is the first money of, if any.
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
