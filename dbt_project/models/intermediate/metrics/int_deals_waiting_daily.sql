-- What waits for each manager today: one day only, for tasks do not say what they were yesterday.
with

open_deals as (
    select * from {{ ref('int_open_deals') }}
),

tasks as (
    select manager_id from {{ ref('int_tasks') }}
    where is_overdue
),

deals_waiting as (
    select
        manager_id,
        count(*)::integer as open_deals_count,
        coalesce(sum(budget_amount), 0) as open_deals_amount,
        count(*) filter (where overdue_tasks_count > 0)::integer as overdue_deals_count,
        array_agg(deal_id order by deal_id) filter (where overdue_tasks_count > 0)
            as overdue_deal_ids,
        count(*) filter (where open_tasks_count = 0)::integer as deals_without_task_count,
        count(*) filter (where is_stuck)::integer as stuck_deals_count
    from open_deals
    group by manager_id
),

tasks_waiting as (
    select manager_id, count(*)::integer as tasks_overdue_count from tasks
    group by manager_id
),

int_deals_waiting_daily as (
    select
        {{ business_date(business_now()) }} as metric_date,
        manager_id,
        coalesce(deals_waiting.open_deals_count, 0) as open_deals_count,
        coalesce(deals_waiting.open_deals_amount, 0) as open_deals_amount,
        coalesce(deals_waiting.overdue_deals_count, 0) as overdue_deals_count,
        coalesce(deals_waiting.overdue_deal_ids, '{}') as overdue_deal_ids,
        coalesce(deals_waiting.deals_without_task_count, 0) as deals_without_task_count,
        coalesce(deals_waiting.stuck_deals_count, 0) as stuck_deals_count,
        coalesce(tasks_waiting.tasks_overdue_count, 0) as tasks_overdue_count
    from deals_waiting
    full join tasks_waiting using (manager_id)
)

select * from int_deals_waiting_daily
