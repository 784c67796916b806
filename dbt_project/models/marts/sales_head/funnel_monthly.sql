-- Leads by the month they were created and how far they have come to date.
with

leads as (
    select * from {{ ref('int_leads_daily') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

totals as (
    select
        date_trunc('month', leads.metric_date)::date as month_start,
        leads.manager_id,
        leads.channel,
        step.position,
        step.name as step,
        sum(leads.leads_count)::integer as leads_count,
        sum(step.reached_leads_count)::integer as reached_leads_count
    from leads
    cross join lateral (
        values
        (1, 'qualified', leads.qualified_leads_count),
        (2, 'proposal', leads.proposal_leads_count),
        (3, 'won', leads.won_leads_count),
        (4, 'paid', leads.paid_leads_count)
    ) as step (position, name, reached_leads_count)
    group by month_start, leads.manager_id, leads.channel, step.position, step.name
),

funnel_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        managers.department_name,
        totals.channel,
        totals.position,
        totals.step,
        totals.leads_count,
        totals.reached_leads_count,
        {{ lead_to_step_share('totals') }} as lead_to_step_share
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from funnel_monthly
