-- How leads ripen: what became of the leads of a day on each later day. Only what counts to date:
-- a lead that got all its money back never paid. What is older than its lead, or of a day
-- nobody knows (an export may tell no date of a win), is of the lead's day; what is dated later
-- than today counts to date too, and is of today.
with

leads as (
    select lead_id, created_date, manager_id, channel, is_qualified, is_won
    from {{ ref('int_leads') }}
),

steps as (
    select lead_id, step, reached_date from {{ ref('int_lead_steps') }}
),

deals as (
    select deal_id, lead_id, margin_amount is not null as has_margin
    from {{ ref('int_deals') }}
    where lead_id is not null
),

allocations as (
    select deal_id, paid_date, allocated_amount from {{ ref('int_payment_allocations') }}
),

shipment_allocations as (
    select deal_id, shipped_date, shipped_amount, cost_amount
    from {{ ref('int_shipment_allocations') }}
),

events as (
    {%- for step, mark in [('qualified', 'is_qualified'), ('won', 'is_won')] %}
    select
        leads.lead_id,
        coalesce(steps.reached_date, leads.created_date) as event_date,
        '{{ step }}' as step,
        0::numeric as revenue_amount,
        0::numeric as margin_amount
    from leads
    left join steps
        on leads.lead_id = steps.lead_id
        and steps.step = '{{ step }}'
    where leads.{{ mark }}
    union all
    {%- endfor %}
    select lead_id, reached_date, step, 0, 0
    from steps
    where step = 'paid'
    union all
    select deals.lead_id, allocations.paid_date, null, allocations.allocated_amount, 0
    from allocations
    inner join deals
        on allocations.deal_id = deals.deal_id
    union all
    select
        deals.lead_id,
        shipment_allocations.shipped_date,
        null,
        0,
        shipment_allocations.shipped_amount - shipment_allocations.cost_amount
    from shipment_allocations
    inner join deals
        on shipment_allocations.deal_id = deals.deal_id
        and deals.has_margin
),

int_lead_maturity_daily as (
    select
        leads.created_date as metric_date,
        greatest(
            least(events.event_date, {{ business_date(business_now()) }}), leads.created_date
        ) as event_date,
        leads.manager_id,
        leads.channel,
        count(*) filter (where events.step = 'qualified')::integer as qualified_leads_count,
        count(*) filter (where events.step = 'won')::integer as won_leads_count,
        count(*) filter (where events.step = 'paid')::integer as paid_leads_count,
        sum(events.revenue_amount) as cohort_revenue_amount,
        sum(events.margin_amount) as cohort_margin_amount
    from leads
    inner join events
        on leads.lead_id = events.lead_id
    group by
        leads.created_date,
        greatest(
            least(events.event_date, {{ business_date(business_now()) }}), leads.created_date
        ),
        leads.manager_id,
        leads.channel
)

select * from int_lead_maturity_daily
