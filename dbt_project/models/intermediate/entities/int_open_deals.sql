-- What waits now: one row per open deal, with the age of its stage beside what is usual there. A
-- stage's own norm comes from the settings, else the norm of all stages does; without one it is the
-- 90th percentile of the stays that
-- ended lately, and with too few of those nobody can say what is usual.
with

deals as (
    select deal_id, manager_id, channel, stage_id, budget_amount from {{ ref('int_deals') }}
    where status = 'open' and deal_excluded_reason is null and not is_deleted
),

spans as (
    select deal_id, stage_id, stage_rank, entered_at, left_at from {{ ref('int_deal_stage_spans') }}
),

tasks as (
    select deal_id, is_overdue, complete_till_at from {{ ref('int_tasks') }}
    where deal_id is not null and not is_completed
),

thresholds as (
    select * from {{ ref('int_alert_thresholds') }}
    where alert_rule = 'deals_stuck' and measure = 'stage_age_days'
),

norms_set as (
    select scope as stage_rank, threshold_value as norm_days from thresholds
    where {{ holds_on('thresholds', business_date(business_now())) }}
),

norms_seen as (
    select
        stage_id,
        percentile_cont(0.9) within group (
            order by extract(epoch from left_at - entered_at) / 86400
        ) as norm_days
    from spans
    where
        left_at > {{ business_now() }} - interval '{{ var("stuck_stays_days") }} days'
    group by stage_id
    having count(*) >= {{ var('stuck_stays_count') }}
),

present_spans as (
    select distinct on (deal_id) deal_id, stage_id, stage_rank, entered_at from spans
    where left_at is null
    order by deal_id, entered_at desc
),

deal_tasks as (
    select
        deal_id,
        count(*)::integer as open_tasks_count,
        count(*) filter (where is_overdue)::integer as overdue_tasks_count,
        min(complete_till_at) as next_task_at
    from tasks
    group by deal_id
),

ages as (
    select
        deals.deal_id,
        deals.manager_id,
        deals.channel,
        present_spans.entered_at as stage_entered_at,
        round(
            extract(epoch from {{ business_now() }} - present_spans.entered_at) / 86400, 4
        ) as stage_age_days,
        round(
            coalesce(
                norms_set.norm_days, norms_of_all.norm_days, norms_seen.norm_days::numeric
            ),
            4
        ) as stage_norm_days,
        deals.budget_amount,
        coalesce(deal_tasks.open_tasks_count, 0) as open_tasks_count,
        coalesce(deal_tasks.overdue_tasks_count, 0) as overdue_tasks_count,
        deal_tasks.next_task_at
    from deals
    left join present_spans
        on deals.deal_id = present_spans.deal_id
    left join norms_set
        on present_spans.stage_rank = norms_set.stage_rank
    left join norms_set as norms_of_all
        on norms_of_all.stage_rank = 'company'
    left join norms_seen
        on present_spans.stage_id = norms_seen.stage_id
    left join deal_tasks
        on deals.deal_id = deal_tasks.deal_id
),

int_open_deals as (
    select
        deal_id,
        manager_id,
        channel,
        stage_entered_at,
        stage_age_days,
        stage_norm_days,
        stage_age_days > stage_norm_days as is_stuck,
        budget_amount,
        open_tasks_count,
        overdue_tasks_count,
        next_task_at,
        false as is_deleted
    from ages
)

select * from int_open_deals
