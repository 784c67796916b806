-- What waits for each manager at this moment. Who has nothing open is a row too.
with

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
    where is_active
),

open_deals as (
    select * from {{ ref('int_deals_waiting_daily') }}
),

totals as (
    select
        coalesce(managers.manager_id, open_deals.manager_id) as manager_id,
        managers.manager_name,
        managers.department_name,
        managers.manager_id is not null as is_active,
        coalesce(open_deals.open_deals_count, 0) as open_deals_count,
        coalesce(open_deals.open_deals_amount, 0) as open_deals_amount,
        coalesce(open_deals.overdue_deals_count, 0) as overdue_deals_count,
        coalesce(open_deals.deals_without_task_count, 0) as deals_without_task_count,
        coalesce(open_deals.stuck_deals_count, 0) as stuck_deals_count,
        coalesce(open_deals.tasks_overdue_count, 0) as tasks_overdue_count
    from managers
    full join open_deals
        on managers.manager_id = open_deals.manager_id
),

company as (
    select
        sum(open_deals_count)::integer as open_deals_count,
        -- Not everybody who may log in looks after deals.
        count(*) filter (where is_active and open_deals_count > 0) as managers_count
    from totals
),

managers_now as (
    select
        totals.manager_id,
        totals.manager_name,
        totals.department_name,
        totals.open_deals_count,
        {{ load_ratio('totals') }} as load_ratio,
        company.open_deals_count as company_open_deals_count,
        {{ company_load_ratio('company') }} as company_load_ratio,
        totals.open_deals_amount,
        '{{ company_currency() }}' as currency_code,
        totals.overdue_deals_count,
        totals.deals_without_task_count,
        totals.stuck_deals_count,
        totals.tasks_overdue_count,
        {{ business_now() }} as built_at
    from totals
    cross join company
)

select * from managers_now
