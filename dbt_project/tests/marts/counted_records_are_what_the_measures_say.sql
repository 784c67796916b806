-- The records of a number, told one by one, are as many and as much as the measure says, on every
-- date, for every channel and manager.
with

records as (
    select measure, counted_date as metric_date, channel, manager_id, value
    from {{ ref('int_counted_records') }}
),

numbers as (
    select measure, metric_date, channel, manager_id, value
    from {{ ref('int_official_numbers_daily') }}
),

differences as (
    select * from records
    union all
    select measure, metric_date, channel, manager_id, -value from numbers
)

select measure, metric_date, channel, manager_id, sum(value) as difference
from differences
group by measure, metric_date, channel, manager_id
having sum(value) <> 0
