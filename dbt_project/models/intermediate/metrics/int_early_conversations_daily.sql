-- Leads by the day they were created and how often somebody talked with them in their first days.
-- A conversation after the win brought nothing about, and is none.
with

leads as (
    select lead_id, person_id, created_at, created_date, manager_id, channel, is_won, won_at
    from {{ ref('int_leads') }}
),

conversations as (
    select call_id, person_id, started_at from {{ ref('int_calls') }}
    where is_effective and call_direction in ('in', 'out') and person_id is not null
),

leads_with_conversations as (
    select
        leads.lead_id,
        leads.created_date,
        leads.manager_id,
        leads.channel,
        leads.is_won,
        count(conversations.call_id)::integer as conversations_count
    from leads
    left join conversations
        on leads.person_id = conversations.person_id
        and conversations.started_at >= leads.created_at
        and conversations.started_at
        < leads.created_at + interval '{{ var("early_contact_days") }} days'
        and (leads.won_at is null or conversations.started_at < leads.won_at)
    group by
        leads.lead_id,
        leads.created_date,
        leads.manager_id,
        leads.channel,
        leads.is_won
),

int_early_conversations_daily as (
    select
        created_date as metric_date,
        manager_id,
        channel,
        least(conversations_count, 3) as early_conversations_count,
        count(*)::integer as talked_leads_count,
        count(*) filter (where is_won)::integer as talked_won_leads_count
    from leads_with_conversations
    group by created_date, manager_id, channel, least(conversations_count, 3)
)

select * from int_early_conversations_daily
