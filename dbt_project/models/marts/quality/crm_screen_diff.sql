-- "amoCRM shows 134, you show 128": both numbers per manager and month, each from its own end. That
-- the records between add up to the difference is a test, not a construction.
with

deals as (
    select deal_id, created_date, pipeline_kind, present_manager_id from {{ ref('int_deals') }}
    where not is_deleted and pipeline_kind = 'sales' and deal_id not like 'exports:%'
),

agreed_deals as (
    select metric_date, manager_id, deals_count from {{ ref('int_deals_daily') }}
),

agreed_leads as (
    select metric_date, manager_id, leads_count from {{ ref('int_leads_daily') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

measures (measure) as (
    values ('deals_count'), ('leads_count')
),

screen_counts as (
    select
        measures.measure,
        deals.present_manager_id as manager_id,
        date_trunc('month', deals.created_date)::date as month_start,
        count(*)::integer as crm_count
    from deals
    cross join measures
    group by measures.measure, deals.present_manager_id, month_start
),

our_counts as (
    select
        'deals_count' as measure,
        manager_id,
        date_trunc('month', metric_date)::date as month_start,
        sum(deals_count)::integer as our_count
    from agreed_deals
    group by manager_id, month_start
    union all
    select
        'leads_count',
        manager_id,
        date_trunc('month', metric_date)::date as month_start,
        sum(leads_count)::integer
    from agreed_leads
    group by manager_id, month_start
),

crm_screen_diff as (
    select
        measure,
        manager_id,
        managers.manager_name,
        month_start,
        coalesce(screen_counts.crm_count, 0) as crm_count,
        coalesce(our_counts.our_count, 0) as our_count,
        coalesce(our_counts.our_count, 0) - coalesce(screen_counts.crm_count, 0) as difference
    from screen_counts
    full join our_counts using (measure, manager_id, month_start)
    left join managers using (manager_id)
    where coalesce(screen_counts.crm_count, 0) > 0 or coalesce(our_counts.our_count, 0) > 0
)

select * from crm_screen_diff
