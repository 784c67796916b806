-- A manager's open deals with an overdue task, when they are more than the threshold allows.
with

managers as (
    select manager_id, overdue_deals_count, overdue_deal_ids
    from {{ ref('int_deals_waiting_daily') }}
),

deals as (
    select deal_id, deal_name, deal_url, manager_name from {{ ref('int_deals') }}
),

tasks as (
    select deal_id, complete_till_at from {{ ref('int_tasks') }}
    where is_overdue
),

thresholds as (
    {{ alert_threshold('deals_overdue', 'overdue_deals_count') }}
),

overdue_deals as (
    select
        managers.manager_id,
        managers.overdue_deals_count,
        deals.manager_name,
        deals.deal_id,
        deals.deal_name,
        deals.deal_url,
        min(tasks.complete_till_at) as overdue_since_at
    from managers
    cross join lateral unnest(managers.overdue_deal_ids) as deal (id)
    inner join deals
        on deal.id = deals.deal_id
    inner join tasks
        on deals.deal_id = tasks.deal_id
    group by
        managers.manager_id,
        managers.overdue_deals_count,
        deals.manager_name,
        deals.deal_id,
        deals.deal_name,
        deals.deal_url
),

ranked as (
    select
        *,
        row_number() over (partition by manager_id order by overdue_since_at, deal_id)
            as badness_rank
    from overdue_deals
),

alert_deals_overdue as (
    select
        'deals_overdue' as alert_rule,
        'deals_overdue|' || ranked.manager_id as candidate_key,
        nullif(ranked.manager_id, 'unassigned') as manager_id,
        ranked.manager_name,
        ranked.overdue_deals_count::numeric as observed_value,
        thresholds.threshold_value,
        'deals' as unit,
        min(ranked.overdue_since_at) as since_at,
        'warning' as severity,
        jsonb_agg(
            jsonb_build_object(
                'title', ranked.deal_name,
                'url', ranked.deal_url,
                'detail',
                to_char({{ business_local('ranked.overdue_since_at') }}, 'DD.MM.YYYY HH24:MI')
            )
            order by ranked.badness_rank
        ) filter (where ranked.badness_rank <= 3) as example_records,
        '{}'::jsonb as details,
        {{ business_now() }} as evaluated_at
    from ranked
    cross join thresholds
    where ranked.overdue_deals_count > thresholds.threshold_value
    group by
        ranked.manager_id,
        ranked.manager_name,
        ranked.overdue_deals_count,
        thresholds.threshold_value
)

select * from alert_deals_overdue
