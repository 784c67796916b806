with

present_deals as (
    select * from {{ ref('int_deals') }}
    where not is_deleted
),

open_deals as (
    select * from {{ ref('int_open_deals') }}
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
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
        coalesce(open_deals.open_tasks_count, 0) as open_tasks_count,
        coalesce(open_deals.overdue_tasks_count, 0) as overdue_tasks_count,
        open_deals.next_task_at,
        round(open_deals.stage_age_days, 1) as stage_age_days,
        open_deals.stage_norm_days,
        open_deals.is_stuck,
        present_deals.deal_url
    from present_deals
    left join customers
        on present_deals.customer_id = customers.customer_id
    left join open_deals
        on present_deals.deal_id = open_deals.deal_id
)

select * from deals
