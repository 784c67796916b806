-- What each manager did on a day and what came of it. From somebody's first day with anything every
-- business day is a row, of zeros where nothing happened; days off only with something.
with

calendar as (
    select calendar_date, is_business_day from {{ ref('int_calendar') }}
    where calendar_date <= {{ business_date(business_now()) }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
    where manager_id <> 'unassigned'
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to from {{ ref('int_manager_spans') }}
),

activities as (
    select * from {{ ref('int_activities_daily') }}
),

calls as (
    select
        metric_date,
        manager_id,
        sum(calls_count)::integer as calls_count,
        sum(effective_calls_count)::integer as effective_calls_count,
        sum(missed_calls_count)::integer as missed_calls_count,
        sum(inbound_talk_seconds) as inbound_talk_seconds,
        sum(outbound_talk_seconds) as outbound_talk_seconds
    from {{ ref('int_calls_daily') }}
    group by metric_date, manager_id
),

tasks as (
    select
        metric_date,
        manager_id,
        sum(tasks_done_count)::integer as tasks_done_count,
        sum(tasks_late_count)::integer as tasks_late_count
    from {{ ref('int_tasks_daily') }}
    group by metric_date, manager_id
),

leads as (
    select metric_date, manager_id, sum(leads_count)::integer as leads_count
    from {{ ref('int_leads_daily') }}
    group by metric_date, manager_id
),

steps as (
    select metric_date, manager_id, sum(proposals_count)::integer as proposals_count
    from {{ ref('int_lead_steps_reached_daily') }}
    group by metric_date, manager_id
),

deals as (
    select
        metric_date,
        manager_id,
        sum(won_deals_count)::integer as won_deals_count,
        sum(lost_deals_count)::integer as lost_deals_count
    from {{ ref('int_deals_daily') }}
    group by metric_date, manager_id
),

payments as (
    select
        metric_date,
        manager_id,
        sum(payments_count)::integer as payments_count,
        sum(revenue_amount) as revenue_amount
    from {{ ref('int_payments_daily') }}
    group by metric_date, manager_id
),

open_deals as (
    select metric_date, manager_id, open_deals_count from {{ ref('int_open_deals_daily') }}
),

measures as (
    select
        metric_date,
        manager_id,
        activities.acts_count,
        activities.first_act_at,
        activities.last_act_at,
        activities.longest_gap_minutes,
        activities.messages_count,
        activities.stage_moves_count,
        calls.calls_count,
        calls.effective_calls_count,
        calls.missed_calls_count,
        calls.inbound_talk_seconds,
        calls.outbound_talk_seconds,
        tasks.tasks_done_count,
        tasks.tasks_late_count,
        leads.leads_count,
        steps.proposals_count,
        deals.won_deals_count,
        deals.lost_deals_count,
        payments.payments_count,
        payments.revenue_amount
    from activities
    full join calls using (metric_date, manager_id)
    full join tasks using (metric_date, manager_id)
    full join leads using (metric_date, manager_id)
    full join steps using (metric_date, manager_id)
    full join deals using (metric_date, manager_id)
    full join payments using (metric_date, manager_id)
),

first_dates as (
    select manager_id, min(metric_date) as first_date
    from measures
    group by manager_id
),

employees_daily as (
    select
        calendar.calendar_date as metric_date,
        calendar.is_business_day,
        managers.manager_id,
        managers.manager_name,
        manager_spans.department_name,
        coalesce(measures.acts_count, 0) as acts_count,
        measures.first_act_at,
        measures.last_act_at,
        measures.longest_gap_minutes,
        coalesce(measures.messages_count, 0) as messages_count,
        coalesce(measures.stage_moves_count, 0) as stage_moves_count,
        coalesce(measures.calls_count, 0) as calls_count,
        coalesce(measures.effective_calls_count, 0) as effective_calls_count,
        coalesce(measures.missed_calls_count, 0) as missed_calls_count,
        round(coalesce(measures.inbound_talk_seconds, 0) / 60.0, 1) as inbound_talk_minutes,
        round(coalesce(measures.outbound_talk_seconds, 0) / 60.0, 1) as outbound_talk_minutes,
        coalesce(measures.tasks_done_count, 0) as tasks_done_count,
        coalesce(measures.tasks_late_count, 0) as tasks_late_count,
        coalesce(measures.leads_count, 0) as leads_count,
        coalesce(measures.proposals_count, 0) as proposals_count,
        coalesce(measures.won_deals_count, 0) as won_deals_count,
        coalesce(measures.lost_deals_count, 0) as lost_deals_count,
        coalesce(measures.payments_count, 0) as payments_count,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        '{{ company_currency() }}' as currency_code,
        coalesce(open_deals.open_deals_count, 0) as open_deals_count
    from first_dates
    inner join managers
        on first_dates.manager_id = managers.manager_id
    inner join calendar
        on first_dates.first_date <= calendar.calendar_date
    left join measures
        on managers.manager_id = measures.manager_id
        and calendar.calendar_date = measures.metric_date
    left join open_deals
        on managers.manager_id = open_deals.manager_id
        and calendar.calendar_date = open_deals.metric_date
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and {{ business_instant('calendar.calendar_date') }} >= manager_spans.valid_from
        and {{ business_instant('calendar.calendar_date') }} < manager_spans.valid_to
    where calendar.is_business_day or measures.metric_date is not null
)

select * from employees_daily
