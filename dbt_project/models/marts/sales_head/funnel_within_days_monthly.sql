-- How far leads came within so many days of their creation, over the leads that have had those
-- days: so the last months are comparable with the ones before.
with

leads as (
    select metric_date, manager_id, channel, leads_count from {{ ref('int_leads_daily') }}
),

reached as (
    select metric_date, manager_id, channel, step, within_days, leads_within_days_count
    from {{ ref('int_lead_steps_daily') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

steps (position, step) as (
    values (1, 'qualified'), (2, 'proposal'), (3, 'won'), (4, 'paid')
),

windows (within_days) as (
    values ({{ var('cohort_days') | join('), (') }})
),

old_enough as (
    select
        date_trunc('month', leads.metric_date)::date as month_start,
        leads.manager_id,
        leads.channel,
        windows.within_days,
        sum(leads.leads_count)::integer as leads_count
    from leads
    inner join windows
        on leads.metric_date + windows.within_days < {{ business_date(business_now()) }}
    group by month_start, leads.manager_id, leads.channel, windows.within_days
),

reached_monthly as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        channel,
        step,
        within_days,
        sum(leads_within_days_count)::integer as reached_leads_count
    from reached
    group by month_start, manager_id, channel, step, within_days
),

totals as (
    select
        old_enough.month_start,
        old_enough.manager_id,
        old_enough.channel,
        steps.position,
        steps.step,
        old_enough.within_days,
        old_enough.leads_count,
        coalesce(reached_monthly.reached_leads_count, 0) as reached_leads_count
    from old_enough
    cross join steps
    left join reached_monthly
        on old_enough.month_start = reached_monthly.month_start
        and old_enough.manager_id = reached_monthly.manager_id
        and old_enough.channel = reached_monthly.channel
        and old_enough.within_days = reached_monthly.within_days
        and steps.step = reached_monthly.step
),

funnel_within_days_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        managers.manager_name,
        managers.department_name,
        totals.channel,
        totals.position,
        totals.step,
        totals.within_days,
        totals.leads_count as old_enough_leads_count,
        totals.reached_leads_count as reached_within_days_count,
        {{ lead_to_step_share('totals') }} as lead_to_step_within_days_share
    from totals
    left join managers
        on totals.manager_id = managers.manager_id
)

select * from funnel_within_days_monthly
