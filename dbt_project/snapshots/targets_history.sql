-- A plan that is rewritten says nothing of what it was. A plan that is taken out ends.
{% snapshot targets_history %}
{{ config(
    unique_key='target_key',
    strategy='check',
    check_cols=['plan_amount'],
    hard_deletes='invalidate',
) }}
select
    md5(concat_ws(
        '|', month_start, target_scope, department_name, manager_id, stated_manager_name, measure
    )) as target_key,
    month_start,
    target_scope,
    department_name,
    manager_id,
    stated_manager_name,
    measure,
    sum(plan_amount) as plan_amount
from {{ ref('int_targets') }}
group by
    month_start,
    target_scope,
    department_name,
    manager_id,
    stated_manager_name,
    measure
{% endsnapshot %}
