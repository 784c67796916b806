with

tasks as (
    select * from {{ ref('int_tasks_unioned') }}
),

int_tasks as (
    select
        task_id,
        deal_id,
        coalesce(manager_id, 'unassigned') as manager_id,
        task_text,
        created_at,
        complete_till_at,
        is_completed,
        completed_at,
        not is_completed and complete_till_at < {{ business_now() }} as is_overdue,
        coalesce(is_completed and completed_at > complete_till_at, false) as is_late,
        false as is_deleted
    from tasks
)

select * from int_tasks
