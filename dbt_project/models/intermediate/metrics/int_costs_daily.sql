-- Costs by the month they are of, which stands as its first day.
with

costs as (
    select month_start, manager_id, department_name, expense_kind, expense_amount
    from {{ ref('int_costs') }}
),

int_costs_daily as (
    select
        month_start as metric_date,
        coalesce(manager_id, 'unassigned') as manager_id,
        coalesce(department_name, '(none)') as department_name,
        expense_kind,
        sum(expense_amount) as costs_amount
    from costs
    group by month_start, manager_id, department_name, expense_kind
)

select * from int_costs_daily
