-- What was frozen as a number was frozen as records too: both say the same for ever.
with

records as (
    select measure, period_start, channel, manager_id, published_value
    from {{ ref('published_number_records') }}
),

differences as (
    select measure, period_start, dimension, dimension_value, -published_value as value
    from {{ ref('published_numbers') }}
    union all
    select measure, period_start, 'total', 'total', published_value from records
    union all
    select measure, period_start, 'channel', channel, published_value from records
    union all
    select measure, period_start, 'manager', manager_id, published_value from records
)

select measure, period_start, dimension, dimension_value, sum(value) as difference
from differences
group by measure, period_start, dimension, dimension_value
having sum(value) <> 0
