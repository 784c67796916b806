with

deals as (
    select * from {{ ref('int_deals') }}
    where not is_deleted
),

tasks as (
    select * from {{ ref('int_tasks') }}
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

final as (
    select
        deals.deal_id,
        deals.lead_id,
        deals.deal_name,
        customers.customer_name,
        deals.status,
        deals.deal_excluded_reason,
        deals.stage_name,
        deals.stage_meaning,
        deals.manager_id,
        deals.manager_name,
        deals.department_name,
        deals.channel,
        deals.city,
        deals.client_type,
        deals.created_at,
        deals.closed_at,
        deals.loss_reason,
        deals.budget_amount,
        deals.bookings_amount,
        deals.paid_amount,
        deals.first_paid_at,
        deals.currency_code,
        coalesce(deal_tasks.open_tasks_count, 0) as open_tasks_count,
        coalesce(deal_tasks.overdue_tasks_count, 0) as overdue_tasks_count,
        deal_tasks.next_task_at,
        case
            when deals.status = 'open'
                then round((extract(epoch from {{ business_now() }} - spans.stage_entered_at) / 86400)::numeric, 1)
        end as stage_age_days,
        deals.deal_url
    from deals
    left join customers
        on deals.customer_id = customers.customer_id
    left join deal_tasks
        on deals.deal_id = deal_tasks.deal_id
    left join spans
        on deals.deal_id = spans.deal_id
)

select * from final
