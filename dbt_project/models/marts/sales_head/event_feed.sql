-- What happened lately, an event a row: enquiries that became leads, moves through the funnel,
-- calls, tasks, letters, money.
with

leads as (
    select lead_id, created_at, manager_id, channel, lead_kind, primary_deal_id
    from {{ ref('int_leads') }}
    where not is_deleted
),

deals as (
    select deal_id, deal_name, channel, manager_id, customer_id, deal_url
    from {{ ref('int_deals') }}
    where not is_deleted
),

spans as (
    select stage_span_id, deal_id, stage_name, entered_at from {{ ref('int_deal_stage_spans') }}
    where evidence = 'event'
),

calls as (
    select call_id, call_direction, started_at, is_answered, manager_id, deal_id
    from {{ ref('int_calls') }}
    where call_direction in ('in', 'out')
),

acts as (
    select act_id, act_kind, acted_at, manager_id, deal_id from {{ ref('int_activities') }}
    where act_kind in ('message', 'note', 'task_done')
),

tasks as (
    select task_id, task_text from {{ ref('int_tasks') }}
),

allocations as (
    select allocation_id, deal_id, manager_id, allocated_amount, paid_at
    from {{ ref('int_payment_allocations') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

events as (
    select
        'lead:' || lead_id as event_id,
        created_at as happened_at,
        'lead_created' as event_kind,
        lead_kind as event_subject,
        null::numeric as event_amount,
        primary_deal_id as deal_id,
        manager_id,
        channel
    from leads
    union all
    select
        'stage:' || stage_span_id,
        entered_at,
        'stage_entered',
        stage_name,
        null,
        deal_id,
        null,
        null
    from spans
    union all
    select
        'call:' || call_id,
        started_at,
        case
            when call_direction = 'out' then 'call_made'
            when is_answered then 'call_answered'
            else 'call_missed'
        end,
        null,
        null,
        deal_id,
        manager_id,
        null
    from calls
    union all
    select
        'act:' || acts.act_id,
        acts.acted_at,
        acts.act_kind,
        tasks.task_text,
        null,
        acts.deal_id,
        acts.manager_id,
        null
    from acts
    left join tasks
        on acts.act_id = tasks.task_id
    union all
    select
        'payment:' || allocation_id,
        paid_at,
        case when allocated_amount < 0 then 'refunded' else 'paid' end,
        null,
        allocated_amount,
        deal_id,
        manager_id,
        null
    from allocations
),

event_feed as (
    select
        events.event_id,
        events.happened_at,
        events.event_kind,
        events.event_subject,
        events.event_amount,
        '{{ company_currency() }}' as currency_code,
        coalesce(events.manager_id, deals.manager_id) as manager_id,
        managers.manager_name,
        managers.department_name,
        coalesce(events.channel, deals.channel) as channel,
        customers.customer_name,
        events.deal_id,
        deals.deal_name,
        deals.deal_url
    from events
    left join deals
        on events.deal_id = deals.deal_id
    left join managers
        on coalesce(events.manager_id, deals.manager_id) = managers.manager_id
    left join customers
        on deals.customer_id = customers.customer_id
    where
        events.happened_at > {{ business_now() }} - interval '{{ var("event_feed_days") }} days'
        and events.happened_at <= {{ business_now() }}
)

select * from event_feed
