-- Which records an official number counts, and what each adds to it: the same numbers as the
-- measures, told by record. That both agree every day is a test.
with

enquiries as (
    select enquiry_id, created_date, channel from {{ ref('int_enquiries') }}
    where is_inbound
),

leads as (
    select lead_id, created_date, channel, manager_id, lead_kind, primary_deal_id
    from {{ ref('int_leads') }}
),

steps as (
    select lead_id, step, days_to_step from {{ ref('int_lead_steps') }}
),

every_deal as (
    select
        deal_id,
        created_date,
        status,
        closed_at,
        first_paid_at,
        paid_amount,
        bookings_amount,
        channel,
        manager_id,
        deal_excluded_reason,
        deal_url
    from {{ ref('int_deals') }}
),

payments as (
    select payment_id, paid_date from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select payment_id, deal_id, paid_date, manager_id, allocated_amount, counts_payment
    from {{ ref('int_payment_allocations') }}
),

unmatched_payments as (
    select payment_id, unmatched_amount, is_whole_payment from {{ ref('int_unmatched_payments') }}
),

windows (within_days) as (
    values ({{ var('cohort_days') | join('), (') }})
),

deals as (
    select * from every_deal
    where deal_excluded_reason is null
),

deal_events as (
    select 'deals_count' as measure, created_date as counted_date, 1::numeric as value, deal_id
    from deals
    union all
    select status || '_deals_count', {{ business_date('closed_at') }}, 1, deal_id
    from deals
    where status in ('won', 'lost')
    union all
    select 'bookings_amount', {{ business_date('closed_at') }}, bookings_amount, deal_id
    from deals
    where status = 'won'
    union all
    select 'sales_count', {{ business_date('first_paid_at') }}, 1, deal_id
    from deals
    where paid_amount > 0
),

lead_events as (
    select 'leads_count' as measure, 0 as within_days, lead_id from leads
    union all
    select 'new_leads_count', 0, lead_id from leads
    where lead_kind = 'new'
    union all
    select
        steps.step || '_within_' || windows.within_days || '_days_leads_count',
        windows.within_days,
        steps.lead_id
    from steps
    inner join windows
        on steps.days_to_step <= windows.within_days
),

money_with_deal as (
    select
        allocations.payment_id,
        allocations.paid_date,
        every_deal.channel,
        allocations.manager_id,
        allocations.allocated_amount as amount,
        allocations.counts_payment,
        every_deal.deal_url
    from allocations
    inner join every_deal
        on allocations.deal_id = every_deal.deal_id
),

money_without_deal as (
    select
        payments.payment_id,
        payments.paid_date,
        '(no deal)' as channel,
        'unassigned' as manager_id,
        unmatched_payments.unmatched_amount as amount,
        unmatched_payments.is_whole_payment as counts_payment,
        null as deal_url
    from unmatched_payments
    inner join payments
        on unmatched_payments.payment_id = payments.payment_id
),

money as (
    select * from money_with_deal
    union all
    select * from money_without_deal
),

records as (
    select
        'enquiries_count' as measure,
        created_date as counted_date,
        'enquiry' as record_type,
        enquiry_id as record_id,
        channel,
        'unassigned' as manager_id,
        1::numeric as value,
        null::text as url
    from enquiries
    union all
    select
        lead_events.measure,
        leads.created_date,
        'lead',
        leads.lead_id,
        leads.channel,
        leads.manager_id,
        1,
        every_deal.deal_url
    from lead_events
    inner join leads
        on lead_events.lead_id = leads.lead_id
    left join every_deal
        on leads.primary_deal_id = every_deal.deal_id
    where
        lead_events.within_days = 0
        or leads.created_date + lead_events.within_days < {{ business_date(business_now()) }}
    union all
    select
        deal_events.measure,
        deal_events.counted_date,
        'deal',
        deals.deal_id,
        deals.channel,
        deals.manager_id,
        deal_events.value,
        deals.deal_url
    from deal_events
    inner join deals
        on deal_events.deal_id = deals.deal_id
    union all
    select 'payments_count', paid_date, 'payment', payment_id, channel, manager_id, 1, deal_url
    from money
    where counts_payment
    union all
    select
        'revenue_amount',
        paid_date,
        'payment',
        payment_id,
        channel,
        manager_id,
        sum(amount),
        min(deal_url)
    from money
    group by payment_id, paid_date, channel, manager_id
),

int_counted_records as (
    select
        measure,
        counted_date,
        record_type,
        record_id,
        channel,
        manager_id,
        value::numeric(18, 2) as value,
        url,
        false as is_deleted
    from records
    where value <> 0
)

select * from int_counted_records
