-- The records a frozen number counted, so that it can be told later which of them changed.
with

remembered as (
    {{ memory({
        "measure": "text",
        "period_start": "date",
        "record_type": "text",
        "record_id": "text",
        "channel": "text",
        "manager_id": "text",
        "published_value": "numeric(18, 2)",
        "url": "text",
    }, of_published=true) }}
),

frozen_now as (
    select measure, period_start from {{ ref('published_numbers') }}
    where dimension = 'total' and published_at = {{ business_now() }}
),

records as (
    select
        measure,
        date_trunc('month', counted_date)::date as period_start,
        record_type,
        record_id,
        channel,
        manager_id,
        value,
        url
    from {{ ref('int_counted_records') }}
),

remembered_periods as (
    select distinct measure, period_start from remembered
),

published_number_records as (
    select
        measure,
        period_start,
        record_type,
        record_id,
        channel,
        manager_id,
        published_value,
        url
    from remembered
    union all
    select
        records.measure,
        records.period_start,
        records.record_type,
        records.record_id,
        records.channel,
        records.manager_id,
        records.value,
        records.url
    from frozen_now
    inner join records
        on frozen_now.measure = records.measure
        and frozen_now.period_start = records.period_start
    -- At one and the same "now" a month may be published twice; it is frozen by the first.
    left join remembered_periods
        on records.measure = remembered_periods.measure
        and records.period_start = remembered_periods.period_start
    where remembered_periods.measure is null
)

select * from published_number_records
