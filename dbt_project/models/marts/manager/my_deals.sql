-- A manager's open deals and what is wrong with each: no task, one overdue, too long in its stage.
with

open_deals as (
    select * from {{ ref('deals') }}
    where status = 'open' and deal_excluded_reason is null
),

readers as (
    select manager_id, reader_logins from {{ ref('int_manager_readers') }}
),

my_deals as (
    select
        open_deals.deal_id,
        open_deals.deal_name,
        open_deals.customer_name,
        open_deals.manager_id,
        open_deals.manager_name,
        open_deals.department_name,
        open_deals.channel,
        open_deals.created_at,
        open_deals.stage_name,
        open_deals.stage_meaning,
        open_deals.stage_age_days,
        open_deals.stage_norm_days,
        open_deals.is_stuck,
        open_deals.next_task_at,
        open_deals.open_tasks_count,
        open_deals.open_tasks_count = 0 as is_without_task,
        open_deals.overdue_tasks_count,
        open_deals.overdue_tasks_count > 0 as is_overdue,
        open_deals.budget_amount,
        open_deals.paid_amount,
        open_deals.currency_code,
        open_deals.deal_url,
        coalesce(readers.reader_logins, '{}') as reader_logins
    from open_deals
    left join readers
        on open_deals.manager_id = readers.manager_id
)

select * from my_deals
