-- What a manager has to do: open tasks with their deals, the most overdue first in any list.
with

open_tasks as (
    select task_id, deal_id, manager_id, task_text, created_at, complete_till_at, is_overdue
    from {{ ref('int_tasks') }}
    where not is_completed
),

deals as (
    select deal_id, deal_name, status, stage_name, deal_url from {{ ref('int_deals') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

readers as (
    select manager_id, reader_logins from {{ ref('int_manager_readers') }}
),

my_tasks as (
    select
        open_tasks.task_id,
        open_tasks.manager_id,
        managers.manager_name,
        managers.department_name,
        open_tasks.task_text,
        open_tasks.created_at,
        open_tasks.complete_till_at,
        open_tasks.is_overdue,
        greatest(
            {{ business_date(business_now()) }}
            - {{ business_date('open_tasks.complete_till_at') }},
            0
        ) as days_overdue,
        open_tasks.deal_id,
        deals.deal_name,
        deals.status,
        deals.stage_name,
        deals.deal_url,
        coalesce(readers.reader_logins, '{}') as reader_logins
    from open_tasks
    left join deals
        on open_tasks.deal_id = deals.deal_id
    left join managers
        on open_tasks.manager_id = managers.manager_id
    left join readers
        on open_tasks.manager_id = readers.manager_id
)

select * from my_tasks
