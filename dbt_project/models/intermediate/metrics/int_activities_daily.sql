-- What each manager did on a day, and when. A gap is the time between one act and the next of the
-- same day; before the first and after the last there is none.
with

acts as (
    select act_kind, manager_id, acted_at, acted_date from {{ ref('int_activities') }}
    where is_by_human
),

acts_with_gaps as (
    select
        *,
        extract(
            epoch from acted_at - lag(acted_at) over (
                partition by manager_id, acted_date
                order by acted_at
            )
        ) / 60 as gap_minutes
    from acts
),

int_activities_daily as (
    select
        acted_date as metric_date,
        manager_id,
        count(*)::integer as acts_count,
        count(*) filter (where act_kind = 'message')::integer as messages_count,
        count(*) filter (where act_kind = 'stage_move')::integer as stage_moves_count,
        min(acted_at) as first_act_at,
        max(acted_at) as last_act_at,
        round(coalesce(max(gap_minutes), 0)::numeric, 2) as longest_gap_minutes
    from acts_with_gaps
    group by acted_date, manager_id
)

select * from int_activities_daily
