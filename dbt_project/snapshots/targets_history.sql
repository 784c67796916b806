-- A plan that is rewritten says nothing of what it was. A plan that is taken out ends. Whose it is
-- makes it the same plan, not the department its manager is in or how the name is written.
{% snapshot targets_history %}
{{ config(
    unique_key='target_key',
    strategy='check',
    check_cols=['plan_amount'],
    hard_deletes='invalidate',
) }}
with

targets as (
    select
        *,
        case
            when target_scope = 'department' then department_name
            when manager_id = '(unmatched)' then stated_manager_name
            else manager_id
        end as planned_for
    from {{ ref('int_targets') }}
)

select
    md5(concat_ws('|', month_start, target_scope, planned_for, measure)) as target_key,
    month_start,
    target_scope,
    planned_for,
    measure,
    sum(plan_amount) as plan_amount
from targets
group by month_start, target_scope, planned_for, measure
{% endsnapshot %}
