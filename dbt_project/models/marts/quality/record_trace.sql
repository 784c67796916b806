-- What became of every record, and why: one chain for each lead (its enquiries, deals and payments)
-- and one for each record that is of no lead. `python -m warehouse explain` reads it out.
with

enquiries as (
    select
        enquiry_id,
        created_at,
        created_date,
        enquiry_kind,
        channel,
        is_inbound,
        excluded_reason,
        deal_ids
    from {{ ref('int_enquiries') }}
),

enquiry_records as (
    select record_type, record_id, created_at, enquiry_id
    from {{ ref('int_enquiry_records') }}
),

leads as (
    select lead_id, created_at, created_date, lead_kind, channel, manager_id, enquiry_ids
    from {{ ref('int_leads') }}
),

deals as (
    select
        deal_id,
        lead_id,
        deal_name,
        status,
        deal_excluded_reason,
        created_at,
        closed_at,
        won_at,
        loss_reason,
        budget_amount,
        paid_amount,
        first_paid_at,
        manager_name,
        deal_url
    from {{ ref('int_deals') }}
),

spans as (
    select stage_span_id, deal_id, stage_name, entered_at, is_backward, evidence
    from {{ ref('int_deal_stage_spans') }}
),

payments as (
    select payment_id, paid_at, paid_date, paid_amount, payment_excluded_reason
    from {{ ref('int_payments') }}
),

allocations as (
    select payment_id, deal_id, paid_at, allocated_amount, match_rule
    from {{ ref('int_payment_allocations') }}
),

unmatched_payments as (
    select payment_id, paid_at, unmatched_amount, unmatched_reason
    from {{ ref('int_unmatched_payments') }}
),

bridge_rows as (
    select record_type, record_id, period_start, step, reason, amount
    from {{ ref('reconciliation_bridge_rows') }}
    where grain = 'month'
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

lead_enquiries as (
    select leads.lead_id, enquiry.id as enquiry_id
    from leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
),

deal_enquiries as (
    select distinct on (deal.id) deal.id as deal_id, enquiries.enquiry_id
    from enquiries
    cross join lateral unnest(enquiries.deal_ids) as deal (id)
    order by deal.id, enquiries.created_at, enquiries.enquiry_id
),

-- Which chain a record is of. A payment for deals of two leads is of both.
enquiry_chains as (
    select
        enquiries.enquiry_id,
        coalesce(lead_enquiries.lead_id, enquiries.enquiry_id) as chain_id
    from enquiries
    left join lead_enquiries
        on enquiries.enquiry_id = lead_enquiries.enquiry_id
),

deal_chains as (
    select
        deals.deal_id,
        coalesce(deals.lead_id, enquiry_chains.chain_id, deals.deal_id) as chain_id
    from deals
    left join deal_enquiries
        on deals.deal_id = deal_enquiries.deal_id
    left join enquiry_chains
        on deal_enquiries.enquiry_id = enquiry_chains.enquiry_id
),

payment_chains as (
    select distinct
        payments.payment_id,
        coalesce(deal_chains.chain_id, payments.payment_id) as chain_id
    from payments
    left join allocations
        on payments.payment_id = allocations.payment_id
    left join deal_chains
        on allocations.deal_id = deal_chains.deal_id
),

record_chains as (
    select
        'enquiry' as record_type,
        1 as record_type_place,
        enquiries.enquiry_id as record_id,
        enquiries.created_at as record_happened_at,
        enquiry_chains.chain_id
    from enquiries
    inner join enquiry_chains
        on enquiries.enquiry_id = enquiry_chains.enquiry_id
    union all
    select 'lead', 2, lead_id, created_at, lead_id from leads
    union all
    select 'deal', 3, deals.deal_id, deals.created_at, deal_chains.chain_id
    from deals
    inner join deal_chains
        on deals.deal_id = deal_chains.deal_id
    union all
    select 'payment', 4, payments.payment_id, payments.paid_at, payment_chains.chain_id
    from payments
    inner join payment_chains
        on payments.payment_id = payment_chains.payment_id
),

-- Facts in the order they are told: place of the kind of record, then time, then place of the fact.
facts as (
    select
        'enquiry' as record_type,
        enquiry_id as record_id,
        'enquiry_came' as fact,
        1 as fact_place,
        created_at as happened_at,
        enquiry_kind as detail,
        null::text as reason,
        null::numeric as amount,
        channel as about
    from enquiries
    union all
    select
        'enquiry', enquiry_id, 'record_of_enquiry', 2, created_at, record_type, null, null,
        record_id
    from enquiry_records
    union all
    select
        'enquiry',
        enquiries.enquiry_id,
        case
            when not enquiries.is_inbound then 'enquiry_is_ours'
            when enquiries.excluded_reason is not null then 'enquiry_does_not_count'
            when enquiry_chains.chain_id = enquiries.enquiry_id then 'enquiry_started_lead'
            else 'enquiry_joined_lead'
        end,
        3,
        enquiries.created_at,
        null,
        enquiries.excluded_reason,
        null,
        enquiry_chains.chain_id
    from enquiries
    inner join enquiry_chains
        on enquiries.enquiry_id = enquiry_chains.enquiry_id
    union all
    select
        'lead', leads.lead_id, 'lead_counts', 1, leads.created_at, leads.lead_kind,
        coalesce(managers.manager_name, leads.manager_id), null, leads.channel
    from leads
    left join managers
        on leads.manager_id = managers.manager_id
    union all
    select
        'deal', deal_id, 'deal_was_made', 1, created_at, deal_name, manager_name, budget_amount,
        deal_url
    from deals
    union all
    select
        'deal', deal_id, case when is_backward then 'stage_moved_back' else 'stage_entered' end, 2,
        entered_at, stage_name, evidence, null, stage_span_id
    from spans
    union all
    select
        'deal',
        deal_id,
        case
            when deal_excluded_reason is null then 'deal_is_' || status
            else 'deal_does_not_count'
        end,
        3,
        closed_at,
        null,
        coalesce(deal_excluded_reason, loss_reason),
        null,
        deal_url
    from deals
    union all
    select
        'payment', payment_id,
        case
            when payment_excluded_reason is null then 'payment_counts' else 'payment_does_not_count'
        end,
        1, paid_at, null, payment_excluded_reason, paid_amount, null
    from payments
    union all
    select
        'payment', payment_id, 'payment_is_for_deal', 2, paid_at, match_rule::text, null,
        allocated_amount, deal_id
    from allocations
    union all
    select
        'payment', payment_id, 'payment_is_for_no_deal', 3, paid_at, null, unmatched_reason,
        unmatched_amount, null
    from unmatched_payments
    union all
    select
        record_type, record_id, 'step_of_the_bridge', 4, null, period_start::text, reason, amount,
        step
    from bridge_rows
),

-- The months whose agreed numbers a record is one of.
memberships as (
    select
        'enquiry' as record_type,
        enquiry_id as record_id,
        'enquiries_count' as measure,
        created_date as counted_date
    from enquiries
    where is_inbound
    union all
    select 'lead', lead_id, 'leads_count', created_date from leads
    union all
    select 'deal', deal_id, 'won_deals_count', {{ business_date('won_at') }}
    from deals
    where won_at is not null and deal_excluded_reason is null
    union all
    select 'deal', deal_id, 'sales_count', {{ business_date('first_paid_at') }}
    from deals
    where paid_amount > 0 and deal_excluded_reason is null
    union all
    select 'payment', payment_id, 'payments_count', paid_date from payments
    where payment_excluded_reason is null
),

told as (
    select * from facts
    union all
    select
        record_type, record_id, 'is_counted', 5, null,
        date_trunc('month', counted_date)::date::text, null, null, measure
    from memberships
),

record_trace as (
    select
        record_chains.chain_id,
        row_number() over (
            partition by record_chains.chain_id
            order by
                record_chains.record_type_place,
                record_chains.record_happened_at,
                record_chains.record_id,
                told.fact_place,
                told.happened_at,
                told.detail,
                told.about,
                told.reason
        )::integer as place,
        told.record_type,
        told.record_id,
        told.fact,
        told.happened_at,
        told.detail,
        told.reason,
        told.amount,
        told.about
    from told
    inner join record_chains
        on told.record_type = record_chains.record_type
        and told.record_id = record_chains.record_id
)

select * from record_trace
