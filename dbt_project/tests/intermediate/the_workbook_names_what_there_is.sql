{{ config(severity='warn') }}
-- What people wrote in the workbook and nothing in the warehouse answers to: it is counted as
-- unmatched, or not at all, until somebody corrects the sheet or the CRM.
with

managers as (
    select stated_manager_name from {{ ref('int_workbook_managers_recognised') }}
    where manager_id is null
),

departments as (
    select stated_department_name from {{ ref('int_workbook_departments_recognised') }}
    where department_name is null
),

channels as (
    select channel from {{ ref('int_channel_rules') }}
    union
    select channel from {{ ref('int_ad_spend_daily') }}
),

stages as (
    select stage_id from {{ ref('int_stages_unioned') }}
),

-- A norm of stages has no default: what is usual holds without one.
thresholds as (
    select alert_rule, measure from {{ ref('alert_thresholds') }}
    union
    select 'deals_stuck', 'stage_age_days'
),

unanswered as (
    {%- for model in ['plans', 'costs', 'leave', 'managers', 'call_reviews'] %}
    select 'manager' as kind, rows.stated_manager_name as stated, rows.sheet_name, rows.row_number
    from {{ ref('stg_workbook__' ~ model) }} as rows
    inner join managers
        on rows.stated_manager_name = managers.stated_manager_name
    union all
    {%- endfor %}
    {%- for model in ['plans', 'costs', 'managers'] %}
    select 'department', rows.stated_department_name, rows.sheet_name, rows.row_number
    from {{ ref('stg_workbook__' ~ model) }} as rows
    inner join departments
        on rows.stated_department_name = departments.stated_department_name
    union all
    {%- endfor %}
    select 'call', stated_call, sheet_name, row_number
    from {{ ref('int_call_reviews') }}
    where call_id is null
    union all
    select 'deal', stated_deal, sheet_name, row_number
    from {{ ref('int_surveys') }}
    where deal_id is null
    union all
    select 'channel', channel, sheet_name, row_number
    from {{ ref('int_channel_budgets') }}
    where channel not in (select channel from channels)
    union all
    select 'stage', stage_id, sheet_name, row_number
    from {{ ref('stg_workbook__stage_meanings') }}
    where stage_id not in (select stage_id from stages)
    union all
    select 'threshold', alert_rule || ': ' || measure, sheet_name, row_number
    from {{ ref('stg_workbook__alert_thresholds') }}
    where
        (alert_rule, measure) not in (select alert_rule, measure from thresholds)
        or (alert_rule <> 'deals_stuck' and scope <> 'company')
)

select kind, stated, sheet_name, row_number from unanswered
