-- Leads that reached a step within so many whole days of their creation, the day itself being 0.
-- Only leads that have had those days are asked, so a number stands still once its days are over.
with

leads as (
    select lead_id, created_date, manager_id, channel from {{ ref('int_leads') }}
),

steps as (
    select lead_id, step, days_to_step from {{ ref('int_lead_steps') }}
),

windows (within_days) as (
    values ({{ var('cohort_days') | join('), (') }})
),

names (step) as (
    values ('qualified'), ('proposal'), ('won'), ('paid')
),

int_lead_steps_daily as (
    select
        leads.created_date as metric_date,
        leads.manager_id,
        leads.channel,
        names.step,
        windows.within_days,
        count(*)::integer as mature_leads_count,
        count(steps.lead_id)::integer as leads_within_days_count
    from leads
    cross join windows
    cross join names
    left join steps
        on leads.lead_id = steps.lead_id
        and names.step = steps.step
        and windows.within_days >= steps.days_to_step
    where leads.created_date + windows.within_days < {{ business_date(business_now()) }}
    group by
        leads.created_date,
        leads.manager_id,
        leads.channel,
        names.step,
        windows.within_days
)

select * from int_lead_steps_daily
