-- The records named as the cause of a restatement add up to it exactly.
with

differences as (
    select measure, period_start, dimension, dimension_value, difference as value
    from {{ ref('restatements') }}
    where is_current
    union all
    select measure, period_start, dimension, dimension_value, -signed_change
    from {{ ref('restatement_records') }}
)

select measure, period_start, dimension, dimension_value, sum(value) as unexplained
from differences
group by measure, period_start, dimension, dimension_value
having sum(value) <> 0
