-- What is planned, a measure a row. Who plans nothing for a measure has no row of it: an empty cell
-- is no plan of nought.
with

plans as (
    select
        *,
        {{ business_instant("(month_start + interval '1 month')::date - 1") }} as last_day_at
    from {{ ref('stg_workbook__plans') }}
),

managers as (
    select stated_manager_name, manager_id from {{ ref('int_workbook_managers_recognised') }}
),

departments as (
    select stated_department_name, department_name
    from {{ ref('int_workbook_departments_recognised') }}
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to from {{ ref('int_manager_spans') }}
),

measures as (
    select plans.workbook_row_id, planned.measure, planned.plan_amount
    from plans
    cross join lateral (
        values
            ('revenue_amount', plans.planned_revenue_amount),
            ('margin_amount', plans.planned_margin_amount),
            ('leads_count', plans.planned_leads_count),
            ('sales_count', plans.planned_sales_count)
    ) as planned (measure, plan_amount)
    where planned.plan_amount is not null
),

int_targets as (
    select
        plans.workbook_row_id || ':' || measures.measure as target_id,
        plans.month_start,
        case
            when plans.stated_manager_name is not null then 'manager'
            when plans.stated_department_name is not null then 'department'
            else 'company'
        end as target_scope,
        coalesce(
            departments.department_name,
            plans.stated_department_name,
            manager_spans.department_name
        ) as department_name,
        case
            when plans.stated_manager_name is not null
                then coalesce(managers.manager_id, '(unmatched)')
        end as manager_id,
        plans.stated_manager_name,
        plans.stated_department_name,
        measures.measure,
        measures.plan_amount,
        plans.sheet_name,
        plans.row_number,
        false as is_deleted
    from plans
    inner join measures
        on plans.workbook_row_id = measures.workbook_row_id
    left join managers
        on plans.stated_manager_name = managers.stated_manager_name
    left join departments
        on plans.stated_department_name = departments.stated_department_name
    -- The department somebody was in on the month's last day.
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and plans.last_day_at >= manager_spans.valid_from
        and plans.last_day_at < manager_spans.valid_to
)

select * from int_targets
