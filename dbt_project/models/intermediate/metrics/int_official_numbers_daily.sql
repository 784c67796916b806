-- The measures of a period by name, for whoever asks the same of every measure. What grows by
-- nature (a cohort to date) is none of them: a cohort is here within a fixed number of days.
with

{% set measures = {
    'int_enquiries_daily': ['enquiries_count'],
    'int_leads_daily': ['leads_count', 'new_leads_count'],
    'int_deals_daily': [
        'deals_count',
        'won_deals_count',
        'lost_deals_count',
        'bookings_amount',
        'sales_count',
    ],
    'int_payments_daily': ['payments_count', 'revenue_amount'],
} -%}

numbers as (
    {%- for model, names in measures.items() %}
    select
        numbers.metric_date,
        -- An enquiry is nobody's yet.
        {{ "'unassigned'" if model == 'int_enquiries_daily' else 'numbers.manager_id' }}
            as manager_id,
        numbers.channel,
        named.measure,
        0 as within_days,
        named.value
    from {{ ref(model) }} as numbers
    cross join lateral (
        values
        {%- for name in names %}
        ('{{ name }}', numbers.{{ name }}::numeric){{ "," if not loop.last }}
        {%- endfor %}
    ) as named (measure, value)
    union all
    {%- endfor %}
    select
        metric_date,
        manager_id,
        channel,
        step || '_within_' || within_days || '_days_leads_count',
        within_days,
        leads_within_days_count
    from {{ ref('int_lead_steps_daily') }}
),

int_official_numbers_daily as (
    select
        measure,
        metric_date,
        channel,
        manager_id,
        within_days,
        value
    from numbers
    where value <> 0
)

select * from int_official_numbers_daily
