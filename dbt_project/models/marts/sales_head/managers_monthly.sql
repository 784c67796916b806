-- What came of each manager's leads and deals, by month, beside the whole company's. Shares follow
-- the month's leads to today (cohort); deals, sales and money stand in the month they happened.
with

months as (
    select date_trunc('month', calendar_date)::date as month_start, max(calendar_date) as month_end
    from {{ ref('int_calendar') }}
    where calendar_date <= {{ business_date(business_now()) }}
    group by month_start
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to from {{ ref('int_manager_spans') }}
),

leads as (
    select * from {{ ref('int_leads_daily') }}
),

deals as (
    select * from {{ ref('int_deals_daily') }}
),

payments as (
    select * from {{ ref('int_payments_daily') }}
),

shipments as (
    select * from {{ ref('int_shipments_daily') }}
),

calls as (
    select * from {{ ref('int_calls_daily') }}
),

tasks as (
    select * from {{ ref('int_tasks_daily') }}
),

steps_reached as (
    select * from {{ ref('int_lead_steps_reached_daily') }}
),

month_comparisons as (
    select month_start, period, period_start, period_end from {{ ref('int_month_comparisons') }}
    where period <> 'current'
),

responses as (
    select created_date, manager_id, response_minutes, first_attempt_minutes, is_within_sla
    from {{ ref('int_lead_responses') }}
),

{# What is added up, by the measures that hold it, and what stands beside its former values. -#}
{% set measures_of = {
    'leads': [
        'leads_count', 'qualified_leads_count', 'proposal_leads_count', 'won_leads_count',
        'paid_leads_count',
    ],
    'deals': [
        'deals_count', 'won_deals_count', 'lost_deals_count', 'bookings_amount', 'lost_amount',
        'sales_count', 'sales_paid_amount',
    ],
    'payments': ['payments_count', 'revenue_amount'],
    'shipments': [
        'margin_amount', 'list_amount', 'discount_amount', 'shipped_without_list_price_amount',
    ],
    'calls': ['calls_count', 'effective_calls_count'],
    'tasks': ['tasks_done_count', 'tasks_late_count'],
    'steps_reached': ['proposals_count'],
} -%}
{% set compared_measures = [
    'leads_count', 'won_deals_count', 'sales_count', 'revenue_amount', 'margin_amount'
] -%}
{# Where nothing had a list price there is no discount, which is not 0. -#}
{% set unknown_without_any = ['discount_amount'] -%}
{% set former_periods = {'previous': '1 month', 'year_ago': '1 year'} -%}

daily as (
    select
        metric_date,
        manager_id
        {%- for source, names in measures_of.items() %}
        {%- for name in names %},
        sum({{ source }}.{{ name }}) as {{ name }}
        {%- endfor %}
        {%- endfor %}
    from leads
    full join deals using (metric_date, manager_id, channel)
    full join payments using (metric_date, manager_id, channel)
    full join shipments using (metric_date, manager_id, channel)
    full join calls using (metric_date, manager_id, channel)
    full join tasks using (metric_date, manager_id, channel)
    full join steps_reached using (metric_date, manager_id, channel)
    group by metric_date, manager_id
),

measures as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id
        {%- for name in measures_of.values() | sum(start=[]) %},
        sum({{ name }}) as {{ name }}
        {%- endfor %}
    from daily
    group by month_start, manager_id
),

-- The month before and the same month a year ago, of a running month as many business days.
compared as (
    select
        month_comparisons.month_start,
        daily.manager_id
        {%- for period in former_periods %}
        {%- for name in compared_measures %},
        sum(daily.{{ name }}) filter (where month_comparisons.period = '{{ period }}')
            as {{ period }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from month_comparisons
    inner join daily
        on {{ is_in_period('daily.metric_date') }}
    group by month_comparisons.month_start, daily.manager_id
),

days_to_steps as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        days_to_won_list,
        days_to_paid_list
    from steps_reached
),

days_to_won as (
    select
        days_to_steps.month_start,
        days_to_steps.manager_id,
        percentile_cont(0.5) within group (order by until_won.days) as days_to_won_median
    from days_to_steps
    cross join lateral unnest(days_to_steps.days_to_won_list) as until_won (days)
    group by days_to_steps.month_start, days_to_steps.manager_id
),

days_to_paid as (
    select
        days_to_steps.month_start,
        days_to_steps.manager_id,
        percentile_cont(0.5) within group (order by until_paid.days) as days_to_paid_median
    from days_to_steps
    cross join lateral unnest(days_to_steps.days_to_paid_list) as until_paid (days)
    group by days_to_steps.month_start, days_to_steps.manager_id
),

company as (
    select
        month_start,
        sum(leads_count) as leads_count,
        sum(qualified_leads_count) as qualified_leads_count,
        sum(proposal_leads_count) as proposal_leads_count,
        sum(won_leads_count) as won_leads_count,
        sum(paid_leads_count) as paid_leads_count,
        sum(proposals_count)::integer as proposals_count
    from measures
    group by month_start
),

-- Who still waits has waited longest, so the middle of them is unknown when more than half wait.
-- The company's row is without a manager.
response_times as (
    select
        date_trunc('month', created_date)::date as month_start,
        manager_id,
        nullif(
            percentile_disc(0.5) within group (order by coalesce(response_minutes, 'infinity')),
            'infinity'
        ) as response_median_minutes,
        nullif(
            percentile_disc(0.5) within group (
                order by coalesce(first_attempt_minutes, 'infinity')
            ),
            'infinity'
        ) as first_attempt_median_minutes,
        round(avg(is_within_sla::integer), 4) as response_within_sla_share
    from responses
    group by grouping sets (
        (date_trunc('month', created_date)::date, manager_id),
        (date_trunc('month', created_date)::date)
    )
),

-- A manager's months run from the first with anything to now: a chart shows gaps otherwise.
first_months as (
    select manager_id, min(month_start) as first_month_start
    from measures
    group by manager_id
),

data_begins as (
    select min(first_month_start) as month_start from first_months
),

manager_months as (
    select
        managers.manager_id,
        managers.manager_name,
        months.month_start,
        manager_spans.department_name
    from first_months
    inner join managers
        on first_months.manager_id = managers.manager_id
    inner join months
        on first_months.first_month_start <= months.month_start
    -- The department somebody was in on the month's last day.
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and {{ business_instant('months.month_end') }} >= manager_spans.valid_from
        and {{ business_instant('months.month_end') }} < manager_spans.valid_to
),

totals as (
    select
        manager_months.month_start,
        manager_months.manager_id,
        manager_months.manager_name,
        manager_months.department_name
        {%- for name in measures_of.values() | sum(start=[]) %},
        {% if name in unknown_without_any -%}
        measures.{{ name }}
        {%- else -%}
        coalesce(measures.{{ name }}, 0){{ '::integer' if name.endswith('_count') }} as {{ name }}
        {%- endif %}
        {%- endfor %}
        {%- for period, length in former_periods.items() %}
        {%- for name in compared_measures %},
        case
            when manager_months.month_start - interval '{{ length }}' >= data_begins.month_start
                then coalesce(compared.{{ period }}_{{ name }}, 0)
        end{{ '::integer' if name.endswith('_count') }} as {{ period }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from manager_months
    cross join data_begins
    left join measures
        on manager_months.manager_id = measures.manager_id
        and manager_months.month_start = measures.month_start
    left join compared
        on manager_months.manager_id = compared.manager_id
        and manager_months.month_start = compared.month_start
),

managers_monthly as (
    select
        totals.month_start,
        totals.manager_id,
        totals.manager_name,
        totals.department_name,
        totals.leads_count,
        totals.qualified_leads_count,
        totals.proposal_leads_count,
        totals.won_leads_count,
        totals.paid_leads_count,
        {{ lead_to_qualified_share('totals') }} as lead_to_qualified_share,
        {{ lead_to_proposal_share('totals') }} as lead_to_proposal_share,
        {{ lead_to_won_share('totals') }} as lead_to_won_share,
        {{ lead_to_paid_share('totals') }} as lead_to_paid_share,
        {{ proposal_to_paid_share('totals') }} as proposal_to_paid_share,
        {{ lead_to_proposal_share('company') }} as company_lead_to_proposal_share,
        {{ lead_to_paid_share('company') }} as company_lead_to_paid_share,
        totals.deals_count,
        totals.won_deals_count,
        totals.lost_deals_count,
        {{ win_rate_count_share('totals') }} as win_rate_count_share,
        {{ win_rate_amount_share('totals') }} as win_rate_amount_share,
        totals.bookings_amount,
        totals.lost_amount,
        totals.sales_count,
        {{ average_check_amount('totals') }} as average_check_amount,
        totals.payments_count,
        totals.revenue_amount,
        totals.margin_amount,
        totals.list_amount,
        totals.discount_amount,
        {{ discount_share('totals') }} as discount_share,
        totals.shipped_without_list_price_amount,
        '{{ company_currency() }}' as currency_code,
        response_times.response_median_minutes,
        response_times.first_attempt_median_minutes,
        response_times.response_within_sla_share,
        company_response_times.response_median_minutes as company_response_median_minutes,
        company_response_times.response_within_sla_share as company_response_within_sla_share,
        totals.calls_count,
        totals.effective_calls_count,
        totals.tasks_done_count,
        totals.tasks_late_count,
        totals.proposals_count,
        coalesce(company.proposals_count, 0) as company_proposals_count,
        {{ lead_to_proposal_period_ratio('totals') }} as lead_to_proposal_period_ratio,
        days_to_won.days_to_won_median,
        days_to_paid.days_to_paid_median
        {%- for period in former_periods %}
        {%- for name in compared_measures %},
        totals.{{ period }}_{{ name }}
        {%- endfor %}
        {%- endfor %}
    from totals
    left join company
        on totals.month_start = company.month_start
    left join response_times
        on totals.manager_id = response_times.manager_id
        and totals.month_start = response_times.month_start
    left join response_times as company_response_times
        on company_response_times.manager_id is null
        and totals.month_start = company_response_times.month_start
    left join days_to_won
        on totals.manager_id = days_to_won.manager_id
        and totals.month_start = days_to_won.month_start
    left join days_to_paid
        on totals.manager_id = days_to_paid.manager_id
        and totals.month_start = days_to_paid.month_start
)

select * from managers_monthly
