-- When a lead first reached each step towards money, for what is asked within so many days.
with

leads as (
    select lead_id, created_date, manager_id, channel, won_at from {{ ref('int_leads') }}
),

deals as (
    select deal_id, lead_id, first_paid_at, paid_amount from {{ ref('int_deals') }}
    where lead_id is not null
),

spans as (
    select deal_id, stage_rank, entered_at from {{ ref('int_deal_stage_spans') }}
    where pipeline_kind = 'sales'
),

entries as (
    select deals.lead_id, spans.stage_rank, spans.entered_at as reached_at
    from spans
    inner join deals
        on spans.deal_id = deals.deal_id
    union all
    -- A deal of an export has no stages, and may be won.
    select lead_id, 'won', won_at from leads
    where won_at is not null
),

reached as (
    select lead_id, 'qualified' as step, min(reached_at) as reached_at
    from entries
    where stage_rank in ('{{ stage_ranks()[rank_number("qualified") - 1:] | join("', '") }}')
    group by lead_id
    union all
    select lead_id, 'proposal', min(reached_at)
    from entries
    where stage_rank in ('{{ stage_ranks()[rank_number("proposal_sent") - 1:] | join("', '") }}')
    group by lead_id
    union all
    select lead_id, 'won', won_at
    from leads
    where won_at is not null
    union all
    select lead_id, 'paid', min(first_paid_at) filter (where paid_amount > 0)
    from deals
    group by lead_id
    having sum(paid_amount) > 0
),

int_lead_steps as (
    select
        leads.lead_id,
        reached.step,
        reached.reached_at,
        {{ business_date('reached.reached_at') }} as reached_date,
        leads.created_date,
        {{ business_date('reached.reached_at') }} - leads.created_date as days_to_step,
        leads.manager_id,
        leads.channel,
        false as is_deleted
    from reached
    inner join leads
        on reached.lead_id = leads.lead_id
)

select * from int_lead_steps
