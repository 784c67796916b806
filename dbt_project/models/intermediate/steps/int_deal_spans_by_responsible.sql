-- Who was responsible for a deal from when to when. The present responsible holds the last span;
-- each change event tells who held the one before it.
with

deals as (
    select deal_id, manager_id, created_at from {{ ref('int_deals_unioned') }}
),

changes as (
    select deal_id, event_id, changed_at, from_manager_id
    from {{ ref('stg_amocrm__responsible_changes') }}
),

ends as (
    select deal_id, from_manager_id as manager_id, changed_at as valid_to, event_id from changes
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
