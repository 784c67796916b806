-- Who was responsible for a deal from when to when. The present responsible holds the last span;
-- each change event tells who held the one before it. Where a source tells no changes of a deal,
-- our own snapshots do: no later than they saw them.
with

deals as (
    select deal_id, manager_id, created_at from {{ ref('int_deals_unioned') }}
),

changes as (
    select deal_id, event_id, changed_at, from_manager_id
    from {{ ref('stg_amocrm__responsible_changes') }}
),

deals_without_changes as (
    select deal_id from deals
    where deal_id not in (select changes.deal_id from changes)
),

snapshots as (
    select
        history.deal_id,
        history.manager_id,
        lead(history.manager_id) over deal_snapshots as next_manager_id,
        lead(history.dbt_valid_from) over deal_snapshots as next_seen_at
    from {{ ref('deals_history') }} as history
    inner join deals_without_changes
        on history.deal_id = deals_without_changes.deal_id
    window deal_snapshots as (
        partition by history.deal_id
        order by history.dbt_valid_from
    )
),

ends as (
    select deal_id, from_manager_id as manager_id, changed_at as valid_to, event_id from changes
    union all
    select deal_id, manager_id, next_seen_at, ''
    from snapshots
    where next_seen_at is not null and manager_id is distinct from next_manager_id
    union all
    select deal_id, manager_id, 'infinity'::timestamptz, '' from deals
),

int_deal_spans_by_responsible as (
    select
        ends.deal_id,
        ends.manager_id,
        coalesce(
            lag(ends.valid_to) over (
                partition by ends.deal_id
                order by ends.valid_to, ends.event_id
            ),
            '-infinity'
        ) as valid_from,
        ends.valid_to
    from ends
)

select * from int_deal_spans_by_responsible
