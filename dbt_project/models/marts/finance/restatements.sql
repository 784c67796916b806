-- Frozen numbers that are other numbers now, from what to what and since when. Kept from
-- publication to publication: each value a number was restated to has its row.
with

remembered as (
    {{ memory({
        "measure": "text",
        "period_start": "date",
        "dimension": "text",
        "dimension_value": "text",
        "published_value": "numeric(18, 2)",
        "restated_value": "numeric(18, 2)",
        "first_seen_at": "timestamptz",
        "is_current": "boolean",
    }, of_published=true) }}
),

published as (
    select measure, period_start, dimension, dimension_value, published_value
    from {{ ref('published_numbers') }}
),

numbers as (
    select
        measure,
        date_trunc('month', metric_date)::date as period_start,
        channel,
        manager_id,
        value
    from {{ ref('int_official_numbers_daily') }}
),

numbers_by_dimension as (
    select
        numbers.measure,
        numbers.period_start,
        dimensions.dimension,
        dimensions.dimension_value,
        numbers.value
    from numbers
    cross join lateral (
        values ('total', 'total'), ('channel', numbers.channel), ('manager', numbers.manager_id)
    ) as dimensions (dimension, dimension_value)
),

-- A manager or channel that had nothing when the month was frozen was published as nothing.
compared as (
    select measure, period_start, dimension, dimension_value, published_value, 0 as current_value
    from published
    union all
    select
        numbers_by_dimension.measure,
        numbers_by_dimension.period_start,
        numbers_by_dimension.dimension,
        numbers_by_dimension.dimension_value,
        0,
        numbers_by_dimension.value
    from numbers_by_dimension
    inner join published as frozen_periods
        on numbers_by_dimension.measure = frozen_periods.measure
        and numbers_by_dimension.period_start = frozen_periods.period_start
        and frozen_periods.dimension = 'total'
),

present_numbers as (
    select
        measure,
        period_start,
        dimension,
        dimension_value,
        sum(published_value) as published_value,
        sum(current_value) as restated_value
    from compared
    group by measure, period_start, dimension, dimension_value
),

restated_now as (
    select * from present_numbers
    where
        abs(restated_value - published_value)
        > {{ var('restatement_tolerance_share') }} * abs(published_value)
),

every_restatement as (
    select
        measure,
        period_start,
        dimension,
        dimension_value,
        published_value,
        restated_value,
        first_seen_at,
        is_current as was_current
    from remembered
    union all
    select
        restated_now.measure,
        restated_now.period_start,
        restated_now.dimension,
        restated_now.dimension_value,
        restated_now.published_value,
        restated_now.restated_value,
        {{ business_now() }},
        true
    from restated_now
    left join remembered
        on restated_now.measure = remembered.measure
        and restated_now.period_start = remembered.period_start
        and restated_now.dimension = remembered.dimension
        and restated_now.dimension_value = remembered.dimension_value
        and restated_now.restated_value = remembered.restated_value
        and restated_now.published_value = remembered.published_value
        and remembered.is_current
    where remembered.measure is null
),

restatements as (
    select
        every_restatement.measure,
        every_restatement.period_start,
        every_restatement.dimension,
        every_restatement.dimension_value,
        every_restatement.published_value::numeric(18, 2) as published_value,
        every_restatement.restated_value::numeric(18, 2) as restated_value,
        (every_restatement.restated_value - every_restatement.published_value)::numeric(18, 2)
            as difference,
        every_restatement.first_seen_at,
        -- What was seen, went and came again is a row of its own.
        every_restatement.was_current and restated_now.measure is not null as is_current
    from every_restatement
    left join restated_now
        on every_restatement.measure = restated_now.measure
        and every_restatement.period_start = restated_now.period_start
        and every_restatement.dimension = restated_now.dimension
        and every_restatement.dimension_value = restated_now.dimension_value
        and every_restatement.restated_value = restated_now.restated_value
        and every_restatement.published_value = restated_now.published_value
)

select * from restatements
