with

present_deals as (
    select * from {{ ref('int_deals') }}
    where not is_deleted
),

tasks as (
    select deal_id, is_completed, is_overdue, complete_till_at from {{ ref('int_tasks') }}
    where deal_id is not null
),

spans as (
    select deal_id, max(entered_at) as stage_entered_at
    from {{ ref('int_deal_stage_spans') }}
    group by deal_id
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

deal_tasks as (
    select
        deal_id,
        count(*) filter (where not is_completed)::integer as open_tasks_count,
        count(*) filter (where is_overdue)::integer as overdue_tasks_count,
        min(complete_till_at) filter (where not is_completed) as next_task_at
    from tasks
    group by deal_id
),

deals as (
    select
        present_deals.deal_id,
        present_deals.lead_id,
        present_deals.deal_name,
        customers.customer_name,
        present_deals.status,
        present_deals.deal_excluded_reason,
        present_deals.stage_name,
        present_deals.stage_meaning,
        present_deals.manager_id,
        present_deals.manager_name,
        present_deals.department_name,
        present_deals.channel,
        present_deals.city,
        present_deals.client_type,
        present_deals.created_at,
        present_deals.closed_at,
        present_deals.loss_reason,
        present_deals.budget_amount,
        present_deals.bookings_amount,
        present_deals.paid_amount,
        present_deals.first_paid_at,
        present_deals.currency_code,
        coalesce(deal_tasks.open_tasks_count, 0) as open_tasks_count,
        coalesce(deal_tasks.overdue_tasks_count, 0) as overdue_tasks_count,
        deal_tasks.next_task_at,
        case
            when present_deals.status = 'open'
                then round(
                    extract(epoch from {{ business_now() }} - spans.stage_entered_at) / 86400, 1
                )
        end as stage_age_days,
        present_deals.deal_url
    from present_deals
    left join customers
        on present_deals.customer_id = customers.customer_id
    left join deal_tasks
        on present_deals.deal_id = deal_tasks.deal_id
    left join spans
        on present_deals.deal_id = spans.deal_id
)

select * from deals
