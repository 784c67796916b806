-- The CRM's screen plus the records between is the agreed number, for every manager and month. Both
-- ends are counted once more: the screen from what the CRM said, ours from the measures.
with

deals_in_sales as (
    select deal_id, manager_id, created_at, pipeline_kind
    from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales and not is_deleted and deal_id not like 'exports:%'
),

screen as (
    select
        coalesce(manager_id, 'unassigned') as manager_id,
        date_trunc('month', {{ business_date('created_at') }})::date as month_start,
        count(*) as value
    from deals_in_sales
    where pipeline_kind = 'sales'
    group by coalesce(manager_id, 'unassigned'), month_start
),

diff as (
    select measure, manager_id, month_start, crm_count, our_count, difference
    from {{ ref('crm_screen_diff') }}
),

every_value as (
    select 'records' as what, measure, manager_id, month_start, difference as value from diff
    union all
    select 'records', measure, manager_id, month_start, -row_count
    from {{ ref('crm_screen_diff_records') }}
    union all
    select 'screen', measure, manager_id, month_start, crm_count from diff
    union all
    select 'screen', measures.measure, screen.manager_id, screen.month_start, -screen.value
    from screen
    cross join (values ('deals_count'), ('leads_count')) as measures (measure)
    union all
    select 'ours', measure, manager_id, month_start, our_count from diff
    union all
    select
        'ours', 'deals_count', manager_id, date_trunc('month', metric_date)::date, -deals_count
    from {{ ref('int_deals_daily') }}
    union all
    select
        'ours', 'leads_count', manager_id, date_trunc('month', metric_date)::date, -leads_count
    from {{ ref('int_leads_daily') }}
)

select what, measure, manager_id, month_start, sum(value) as difference
from every_value
group by what, measure, manager_id, month_start
having sum(value) <> 0
