-- Every record that makes the departments' numbers differ, with the step it belongs to and its
-- sign. A step is a fact about records, never a remainder; what depends on the period (won in
-- another one, paid in another one) is decided anew in each grain. Only payments carry amounts, so
-- amounts close from sales to payments: a lead has none, and a deal's budget is not money.
with

enquiries as (
    select enquiry_id, created_date, channel, excluded_reason from {{ ref('int_enquiries') }}
    where is_inbound
),

leads as (
    select
        lead_id,
        created_date,
        channel,
        manager_id,
        is_worked_by_human,
        is_won,
        primary_deal_id,
        enquiry_ids
    from {{ ref('int_leads') }}
),

deals as (
    select * from {{ ref('int_deals') }}
    where deal_excluded_reason is null
),

payments as (
    select payment_id, paid_amount from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select
        payment_id,
        deal_id,
        paid_date,
        allocated_amount,
        is_first_of_deal,
        counts_payment
    from {{ ref('int_payment_allocations') }}
),

unmatched_payments as (
    select payment_id, paid_at, unmatched_amount, is_whole_payment, unmatched_reason
    from {{ ref('int_unmatched_payments') }}
),

enquiries_of_leads as (
    select
        enquiry.id as enquiry_id,
        enquiry.number as enquiry_number,
        leads.channel,
        leads.created_date as lead_date
    from leads
    cross join lateral unnest(leads.enquiry_ids) with ordinality as enquiry (id, number)
),

won_deals as (
    select
        deals.*,
        {{ business_date('deals.won_at') }} as won_date,
        {{ business_date('deals.first_paid_at') }} as first_paid_date,
        leads.created_date as lead_date,
        row_number() over (partition by deals.lead_id order by deals.won_at, deals.deal_id)
            as number_in_lead
    from deals
    left join leads
        on deals.lead_id = leads.lead_id
    where deals.status = 'won'
),

paid_deals as (
    select
        deal_id,
        channel,
        deal_url,
        paid_amount,
        {{ business_date('first_paid_at') }} as first_paid_date,
        {{ business_date('won_at') }} as won_date
    from deals
    where first_paid_at is not null
),

-- The allocation under which each payment is counted tells its date itself: a payment lost on the
-- way leaves a hole instead of closing.
counted_payments as (
    select
        allocations.payment_id,
        allocations.paid_date,
        allocations.allocated_amount < 0 as is_refund,
        allocations.is_first_of_deal,
        coalesce(payments.paid_amount, allocations.allocated_amount) as paid_amount,
        deals.channel,
        deals.deal_url,
        deals.paid_amount > 0 as is_of_sale
    from allocations
    inner join deals
        on allocations.deal_id = deals.deal_id
    left join payments
        on allocations.payment_id = payments.payment_id
    where allocations.counts_payment
),

enquiry_steps as (
    select
        case enquiries.excluded_reason
            when 'deleted_in_crm' then 11
            when 'test' then 12
            when 'own_employee' then 13
            when 'spam' then 14
            when 'not_a_buyer' then 15
        end as position,
        enquiries.excluded_reason as step,
        'enquiry' as record_type,
        enquiries.enquiry_id as record_id,
        -1 as row_count,
        null::numeric as amount,
        enquiries.created_date as step_date,
        null::date as unless_same_period_as,
        enquiries.channel,
        null::text as url
    from enquiries
    where enquiries.excluded_reason is not null
    union all
    select
        16,
        'joined_to_earlier_lead',
        'enquiry',
        enquiries_of_leads.enquiry_id,
        -1,
        null,
        -- Read from the lead, so that an enquiry lost on the way leaves a hole instead of closing.
        coalesce(enquiries.created_date, enquiries_of_leads.lead_date),
        null,
        enquiries_of_leads.channel,
        null
    from enquiries_of_leads
    left join enquiries
        on enquiries_of_leads.enquiry_id = enquiries.enquiry_id
    where enquiries_of_leads.enquiry_number > 1
),

lead_steps as (
    select
        case when manager_id = 'unassigned' then 21 else 22 end as position,
        case when manager_id = 'unassigned' then 'unassigned' else 'not_worked_by_human' end
            as step,
        'lead' as record_type,
        lead_id as record_id,
        -1 as row_count,
        null::numeric as amount,
        created_date as step_date,
        null::date as unless_same_period_as,
        channel,
        null::text as url
    from leads
    where manager_id = 'unassigned' or not is_worked_by_human
),

won_steps as (
    select
        31 as position,
        'not_won' as step,
        'lead' as record_type,
        lead_id as record_id,
        -1 as row_count,
        null::numeric as amount,
        created_date as step_date,
        null::date as unless_same_period_as,
        channel,
        null::text as url
    from leads
    where manager_id <> 'unassigned' and is_worked_by_human and not is_won
    union all
    select
        32,
        'won_though_unassigned_or_unworked',
        'lead',
        lead_id,
        1,
        null,
        created_date,
        null,
        channel,
        null
    from leads
    where (manager_id = 'unassigned' or not is_worked_by_human) and is_won
    union all
    select 33, 'further_won_deal', 'deal', deal_id, 1, null, lead_date, null, channel, deal_url
    from won_deals
    where lead_id is not null and number_in_lead > 1
    union all
    select
        34,
        'won_in_another_period',
        'deal',
        deal_id,
        -1,
        null,
        lead_date,
        won_date,
        channel,
        deal_url
    from won_deals
    where lead_id is not null
    union all
    select
        35,
        'won_here_from_lead_of_another_period',
        'deal',
        deal_id,
        1,
        null,
        won_date,
        lead_date,
        channel,
        deal_url
    from won_deals
    where lead_id is not null
    union all
    select
        36,
        'won_without_inbound_lead',
        'deal',
        deal_id,
        1,
        null,
        won_date,
        null,
        channel,
        deal_url
    from won_deals
    where lead_id is null
),

sale_steps as (
    select
        41 as position,
        'won_without_money' as step,
        'deal' as record_type,
        deal_id as record_id,
        -1 as row_count,
        null::numeric as amount,
        won_date as step_date,
        null::date as unless_same_period_as,
        channel,
        deal_url as url
    from won_deals
    where paid_amount <= 0
    union all
    select
        42,
        'first_paid_in_another_period',
        'deal',
        deal_id,
        -1,
        null,
        won_date,
        first_paid_date,
        channel,
        deal_url
    from won_deals
    where paid_amount > 0
    union all
    select
        43,
        'first_paid_here_won_elsewhere_or_not_won',
        'deal',
        deal_id,
        1,
        null,
        first_paid_date,
        won_date,
        channel,
        deal_url
    from paid_deals
    where paid_amount > 0
),

payment_steps as (
    select
        51 as position,
        'shares_first_payment_with_another_deal' as step,
        'deal' as record_type,
        paid_deals.deal_id as record_id,
        -1 as row_count,
        0::numeric as amount,
        paid_deals.first_paid_date as step_date,
        null::date as unless_same_period_as,
        paid_deals.channel,
        paid_deals.deal_url as url
    from paid_deals
    inner join allocations
        on paid_deals.deal_id = allocations.deal_id
    where
        paid_deals.paid_amount > 0
        and allocations.is_first_of_deal
        and not allocations.counts_payment
    union all
    select
        case when is_refund then 54 when is_first_of_deal then 52 else 53 end,
        case
            when is_refund then 'refund'
            when is_first_of_deal then 'first_payment_of_deal_refunded_in_full'
            else 'further_payment'
        end,
        'payment',
        payment_id,
        1,
        paid_amount,
        paid_date,
        null,
        channel,
        deal_url
    from counted_payments
    -- The first payment of a sale is the sale's own row.
    where is_refund or not is_first_of_deal or not is_of_sale
    union all
    select
        case when unmatched_amount < 0 then 54 else 55 end,
        case when unmatched_amount < 0 then 'refund' else 'payment_without_deal' end,
        'payment',
        payment_id,
        1,
        unmatched_amount,
        {{ business_date('paid_at') }},
        null,
        '(no deal)',
        null
    from unmatched_payments
    where is_whole_payment
),

every_step as (
    select * from enquiry_steps
    union all
    select * from lead_steps
    union all
    select * from won_steps
    union all
    select * from sale_steps
    union all
    select * from payment_steps
),

-- What the reader asks next: not won, but what then? Without a deal, but why?
reasons as (
    select
        'lead' as record_type,
        leads.lead_id as record_id,
        'not_won' as step,
        coalesce(deals.status, 'no_deal') as reason
    from leads
    left join deals
        on leads.primary_deal_id = deals.deal_id
    union all
    select
        'deal',
        deal_id,
        'won_without_money',
        case when first_paid_at is null then 'never_paid' else 'refunded_in_full' end
    from won_deals
    union all
    select 'payment', payment_id, 'payment_without_deal', unmatched_reason
    from unmatched_payments
),

grains (grain) as (
    values ('day'), ('week'), ('month')
),

reconciliation_bridge_rows as (
    select
        grains.grain,
        date_trunc(grains.grain, every_step.step_date)::date as period_start,
        every_step.channel,
        every_step.position,
        every_step.step,
        every_step.record_type,
        every_step.record_id,
        every_step.row_count,
        every_step.amount,
        coalesce(reasons.reason, every_step.step) as reason,
        every_step.url
    from every_step
    cross join grains
    left join reasons
        on every_step.record_type = reasons.record_type
        and every_step.record_id = reasons.record_id
        and every_step.step = reasons.step
    where
        every_step.unless_same_period_as is null
        or date_trunc(grains.grain, every_step.step_date)
        <> date_trunc(grains.grain, every_step.unless_same_period_as)
)

select * from reconciliation_bridge_rows
