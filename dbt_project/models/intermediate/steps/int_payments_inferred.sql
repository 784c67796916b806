-- Which deal a payment is for that names none: rules 3 to 5, told in macros/inferred_matches.sql.
with recursive

payments as (
    select payment_id, customer_id, paid_at, paid_date, paid_amount
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null and paid_amount > 0
),

money_movements as (
    select movement_id, counterparty_id from {{ ref('stg_onec__money_movements') }}
),

namings as (
    select distinct payment_id from {{ ref('int_payments_named_by_documents') }}
),

candidate_deals as (
    select deal_id, customer_id, person_id, created_at, due_amount
    from {{ ref('int_deals_awaiting_money') }}
),

recognised_payers as (
    select counterparty_id, person_id from {{ ref('int_payers_recognised_by_contacts') }}
),

named_allocations as (
    select payment_id as document_id, paid_at as happened_at, deal_id, allocated_amount
    from {{ ref('int_payments_allocated_by_documents') }}
),

documents_to_infer as (
    select
        payments.payment_id as document_id,
        money_movements.counterparty_id,
        payments.customer_id,
        payments.paid_at as happened_at,
        payments.paid_date as happened_date,
        payments.paid_amount as amount
    from payments
    left join namings
        on payments.payment_id = namings.payment_id
    left join money_movements
        on payments.payment_id = money_movements.movement_id
    -- What names a deal, be it a lost one, is for that deal or for none.
    where namings.payment_id is null
),

{{ inferred_matches() }},

int_payments_inferred as (
    select
        document_id as payment_id,
        case when fitting_deals_count = 1 then deal_id end as deal_id,
        case when fitting_deals_count = 1 then allocated_amount end::numeric(18, 2)
            as allocated_amount,
        case when fitting_deals_count = 1 then match_rule end as match_rule,
        fitting_deals_count
    from inferred
    where turn > 0
)

select * from int_payments_inferred
