-- From marketing's number to finance's: subtotals counted from the entities, and between them the
-- sums of the single rows. That both meet is a test, not a construction.
with

bridge_rows as (
    select * from {{ ref('reconciliation_bridge_rows') }}
),

enquiries as (
    select enquiry_id, created_date, channel from {{ ref('int_enquiries') }}
    where is_inbound
),

leads as (
    select lead_id, created_date, channel, manager_id, is_worked_by_human, enquiry_ids
    from {{ ref('int_leads') }}
),

deals as (
    select deal_id, status, channel, won_at, first_paid_at, paid_amount from {{ ref('int_deals') }}
    where deal_excluded_reason is null
),

payments as (
    select payment_id, paid_date, paid_amount from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select payment_id, deal_id, is_first_of_deal, counts_payment
    from {{ ref('int_payment_allocations') }}
),

payment_channels as (
    select allocations.payment_id, deals.channel
    from allocations
    inner join deals
        on allocations.deal_id = deals.deal_id
    where allocations.counts_payment
),

-- A sale's amount here is its first payment, if counted under it; later money has its own steps.
first_payments as (
    select allocations.deal_id, payments.paid_amount
    from allocations
    inner join payments
        on allocations.payment_id = payments.payment_id
    where allocations.is_first_of_deal and allocations.counts_payment
),

lead_channels as (
    select enquiry.id as enquiry_id, leads.channel
    from leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
),

counted as (
    select
        10 as position,
        'enquiries' as step,
        'enquiry' as record_type,
        enquiries.created_date as counted_date,
        coalesce(lead_channels.channel, enquiries.channel) as channel,
        null::numeric as amount
    from enquiries
    left join lead_channels
        on enquiries.enquiry_id = lead_channels.enquiry_id
    union all
    select 20, 'leads', 'lead', created_date, channel, null
    from leads
    union all
    select 30, 'leads_as_sales_counts_them', 'lead', created_date, channel, null
    from leads
    where manager_id <> 'unassigned' and is_worked_by_human
    union all
    select 40, 'won_deals', 'deal', {{ business_date('won_at') }}, channel, null
    from deals
    where status = 'won'
    union all
    select
        50,
        'sales',
        'deal',
        {{ business_date('deals.first_paid_at') }},
        deals.channel,
        coalesce(first_payments.paid_amount, 0)
    from deals
    left join first_payments
        on deals.deal_id = first_payments.deal_id
    where deals.paid_amount > 0
    union all
    select
        60,
        'payments',
        'payment',
        payments.paid_date,
        coalesce(payment_channels.channel, '(no deal)'),
        payments.paid_amount
    from payments
    left join payment_channels
        on payments.payment_id = payment_channels.payment_id
),

grains (grain) as (
    values ('day'), ('week'), ('month')
),

subtotals as (
    select
        grains.grain,
        date_trunc(grains.grain, counted.counted_date)::date as period_start,
        counted.channel,
        counted.position,
        counted.step,
        'subtotal' as row_kind,
        counted.record_type,
        count(*)::integer as row_count,
        sum(counted.amount) as amount
    from counted
    cross join grains
    group by
        grains.grain,
        period_start,
        counted.channel,
        counted.position,
        counted.step,
        counted.record_type
),

steps as (
    select
        grain,
        period_start,
        channel,
        position,
        step,
        'step' as row_kind,
        record_type,
        sum(row_count)::integer as row_count,
        sum(amount) as amount
    from bridge_rows
    group by grain, period_start, channel, position, step, record_type
),

reconciliation_bridge as (
    select * from subtotals
    union all
    select * from steps
)

select * from reconciliation_bridge
