-- What a source says of a deal today it does not say of yesterday. Kept for good: neither a build
-- nor --full-refresh takes a row away.
{% snapshot deals_history %}
{{ config(
    unique_key='deal_id',
    strategy='check',
    check_cols=['stage_id', 'manager_id', 'budget_amount', 'is_deleted'],
) }}
select
    deal_id,
    stage_id,
    manager_id,
    budget_amount,
    is_deleted
from {{ ref('int_deals_unioned') }}
{% endsnapshot %}
