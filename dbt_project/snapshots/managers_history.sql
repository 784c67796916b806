-- In which department somebody is today, the CRM does not say of yesterday.
{% snapshot managers_history %}
{{ config(
    unique_key='manager_id',
    strategy='check',
    check_cols=['manager_name', 'department_name', 'is_active'],
) }}
select
    manager_id,
    manager_name,
    department_name,
    is_active
from {{ ref('int_managers') }}
{% endsnapshot %}
