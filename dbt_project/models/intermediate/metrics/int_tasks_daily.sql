-- Tasks by the day they were completed.
with

tasks as (
    select
        deal_id,
        manager_id,
        {{ business_date('completed_at') }} as completed_date,
        is_late
    from {{ ref('int_tasks') }}
    where is_completed and completed_at is not null
),

deals as (
    select deal_id, channel from {{ ref('int_deals') }}
),

int_tasks_daily as (
    select
        tasks.completed_date as metric_date,
        tasks.manager_id,
        coalesce(deals.channel, '(no deal)') as channel,
        count(*)::integer as tasks_done_count,
        count(*) filter (where tasks.is_late)::integer as tasks_late_count
    from tasks
    left join deals
        on tasks.deal_id = deals.deal_id
    group by tasks.completed_date, tasks.manager_id, deals.channel
)

select * from int_tasks_daily
