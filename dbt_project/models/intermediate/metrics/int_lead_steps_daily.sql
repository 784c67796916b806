-- Leads that reached a step within so many whole days of their creation, the day itself being 0.
-- Only leads that have had those days are asked, so a number stands still once its days are over.
with

steps as (
    select step, created_date, days_to_step, manager_id, channel from {{ ref('int_lead_steps') }}
),

windows (within_days) as (
    values ({{ var('cohort_days') | join('), (') }})
),

int_lead_steps_daily as (
    select
        steps.created_date as metric_date,
        steps.manager_id,
        steps.channel,
        steps.step,
        windows.within_days,
        count(*)::integer as leads_within_days_count
    from steps
    inner join windows
        on steps.days_to_step <= windows.within_days
    where steps.created_date + windows.within_days < {{ business_date(business_now()) }}
    group by
        steps.created_date,
        steps.manager_id,
        steps.channel,
        steps.step,
        windows.within_days
)

select * from int_lead_steps_daily
