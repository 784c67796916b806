-- Steps by the day they were reached, whenever their lead was created. Beside the leads of the same
-- period they make a period ratio, which is no conversion. Days to a step are kept one by one: a
-- median is of them.
with

steps as (
    select step, reached_date, days_to_step, manager_id, channel from {{ ref('int_lead_steps') }}
),

int_lead_steps_reached_daily as (
    select
        reached_date as metric_date,
        manager_id,
        channel,
        count(*) filter (where step = 'proposal')::integer as proposals_count,
        coalesce(array_agg(days_to_step) filter (where step = 'won'), '{}') as days_to_won_list,
        coalesce(array_agg(days_to_step) filter (where step = 'paid'), '{}') as days_to_paid_list
    from steps
    group by reached_date, manager_id, channel
)

select * from int_lead_steps_reached_daily
