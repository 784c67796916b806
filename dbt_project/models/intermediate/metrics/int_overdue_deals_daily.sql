-- Deals that wait for their manager. A task does not say what it was yesterday, so there is one day
-- only: the running one.
with

overdue_tasks as (
    select deal_id from {{ ref('int_tasks') }}
    where is_overdue and deal_id is not null
),

overdue_deals as (
    select deal_id, manager_id from {{ ref('int_deals') }}
    where
        status = 'open'
        and deal_excluded_reason is null
        and deal_id in (select overdue_tasks.deal_id from overdue_tasks)
),

int_overdue_deals_daily as (
    select
        {{ business_date(business_now()) }} as metric_date,
        manager_id,
        count(*)::integer as overdue_deals_count,
        array_agg(deal_id order by deal_id) as overdue_deal_ids
    from overdue_deals
    group by manager_id
)

select * from int_overdue_deals_daily
