-- What the company spends besides goods and ads. A month's cost in another currency is worth the
-- rate of the month's last day, while the month runs of today.
with

costs as (
    select
        *,
        least(
            (month_start + interval '1 month')::date - 1, {{ business_date(business_now()) }}
        ) as rated_on,
        {{ business_instant("(month_start + interval '1 month')::date - 1") }} as last_day_at
    from {{ ref('stg_workbook__costs') }}
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

currency_rates as (
    select rated_currency_code, rate_date, rate_amount from {{ ref('int_currency_rates_daily') }}
),

int_costs as (
    select
        costs.workbook_row_id as expense_id,
        costs.month_start,
        costs.expense_kind,
        costs.expense_name,
        coalesce(
            departments.department_name,
            costs.stated_department_name,
            manager_spans.department_name
        ) as department_name,
        case
            when costs.stated_manager_name is not null
                then coalesce(managers.manager_id, '(unmatched)')
        end as manager_id,
        costs.stated_manager_name,
        costs.stated_department_name,
        case
            when costs.expense_currency_code = '{{ company_currency() }}'
                then costs.stated_expense_amount
            else round(costs.stated_expense_amount * currency_rates.rate_amount, 2)
        end as expense_amount,
        costs.expense_currency_code,
        costs.sheet_name,
        costs.row_number,
        false as is_deleted
    from costs
    left join managers
        on costs.stated_manager_name = managers.stated_manager_name
    left join departments
        on costs.stated_department_name = departments.stated_department_name
    -- The department somebody was in on the month's last day.
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and costs.last_day_at >= manager_spans.valid_from
        and costs.last_day_at < manager_spans.valid_to
    left join currency_rates
        on costs.expense_currency_code = currency_rates.rated_currency_code
        and costs.rated_on = currency_rates.rate_date
)

select * from int_costs
