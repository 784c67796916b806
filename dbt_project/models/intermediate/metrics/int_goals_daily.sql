-- Plan and fact of persons, teams and the company by the month they are of, which stands as its
-- first day. Whose plan nobody wrote down has the sum of the plans below: a team that of its
-- managers, the company that of its teams. A day's fact is the team's in which its manager was that
-- day.
with

targets as (
    select month_start, target_scope, department_name, manager_id, measure, plan_amount
    from {{ ref('int_targets') }}
),

numbers as (
    select metric_date, manager_id, measure, value from {{ ref('int_official_numbers_daily') }}
    where within_days = 0
),

shipments as (
    select metric_date, manager_id, margin_amount from {{ ref('int_shipments_daily') }}
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to from {{ ref('int_manager_spans') }}
),

calendar as (
    select calendar_date, business_day_of_month from {{ ref('int_calendar') }}
),

facts as (
    select metric_date, manager_id, measure, value from numbers
    where measure in (select targets.measure from targets)
    union all
    select metric_date, manager_id, 'margin_amount', margin_amount from shipments
),

facts_of_managers as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        measure,
        sum(value) as fact_amount
    from facts
    group by month_start, manager_id, measure
),

facts_of_departments as (
    select
        date_trunc('month', facts.metric_date)::date as month_start,
        manager_spans.department_name,
        facts.measure,
        sum(facts.value) as fact_amount
    from facts
    inner join manager_spans
        on facts.manager_id = manager_spans.manager_id
        and {{ business_instant('facts.metric_date') }} >= manager_spans.valid_from
        and {{ business_instant('facts.metric_date') }} < manager_spans.valid_to
    group by month_start, manager_spans.department_name, facts.measure
),

facts_of_company as (
    select month_start, measure, sum(fact_amount) as fact_amount
    from facts_of_managers
    group by month_start, measure
),

plans_of_managers as (
    select
        month_start,
        manager_id,
        max(department_name) as department_name,
        measure,
        sum(plan_amount) as plan_amount
    from targets
    where target_scope = 'manager'
    group by month_start, manager_id, measure
),

plans_of_departments as (
    select
        month_start,
        department_name,
        measure,
        coalesce(
            sum(plan_amount) filter (where target_scope = 'department'), sum(plan_amount)
        ) as plan_amount,
        bool_or(target_scope = 'department') as is_plan_stated
    from targets
    where target_scope in ('manager', 'department')
    group by month_start, department_name, measure
),

plans_of_company as (
    select
        month_start,
        measure,
        coalesce(sum(plan_amount) filter (where is_plan_stated), sum(plan_amount)) as plan_amount,
        bool_or(is_plan_stated) as is_plan_stated
    from (
        select month_start, measure, plan_amount, false as is_plan_stated
        from plans_of_departments
        union all
        select month_start, measure, plan_amount, true
        from targets
        where target_scope = 'company'
    ) as plans
    group by month_start, measure
),

plans as (
    select
        plans_of_managers.month_start,
        'manager' as goal_scope,
        plans_of_managers.department_name,
        plans_of_managers.manager_id,
        plans_of_managers.measure,
        plans_of_managers.plan_amount,
        true as is_plan_stated,
        coalesce(facts_of_managers.fact_amount, 0) as fact_amount
    from plans_of_managers
    left join facts_of_managers
        on plans_of_managers.month_start = facts_of_managers.month_start
        and plans_of_managers.manager_id = facts_of_managers.manager_id
        and plans_of_managers.measure = facts_of_managers.measure
    where plans_of_managers.manager_id <> '(unmatched)'
    union all
    select
        plans_of_departments.month_start,
        'department',
        plans_of_departments.department_name,
        null,
        plans_of_departments.measure,
        plans_of_departments.plan_amount,
        plans_of_departments.is_plan_stated,
        coalesce(facts_of_departments.fact_amount, 0)
    from plans_of_departments
    left join facts_of_departments
        on plans_of_departments.month_start = facts_of_departments.month_start
        and plans_of_departments.department_name = facts_of_departments.department_name
        and plans_of_departments.measure = facts_of_departments.measure
    where plans_of_departments.department_name is not null
    union all
    select
        plans_of_company.month_start,
        'company',
        null,
        null,
        plans_of_company.measure,
        plans_of_company.plan_amount,
        plans_of_company.is_plan_stated,
        coalesce(facts_of_company.fact_amount, 0)
    from plans_of_company
    left join facts_of_company
        on plans_of_company.month_start = facts_of_company.month_start
        and plans_of_company.measure = facts_of_company.measure
),

months as (
    select
        date_trunc('month', calendar_date)::date as month_start,
        max(business_day_of_month) as business_days_count,
        coalesce(
            max(business_day_of_month) filter (
                where calendar_date < {{ business_date(business_now()) }}
            ),
            0
        ) as finished_business_days_count
    from calendar
    group by month_start
),

int_goals_daily as (
    select
        plans.month_start as metric_date,
        plans.goal_scope,
        plans.department_name,
        plans.manager_id,
        plans.measure,
        plans.plan_amount,
        plans.is_plan_stated,
        plans.fact_amount,
        months.business_days_count,
        months.finished_business_days_count
    from plans
    inner join months
        on plans.month_start = months.month_start
)

select * from int_goals_daily
