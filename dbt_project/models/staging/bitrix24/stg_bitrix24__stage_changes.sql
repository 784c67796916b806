-- The history tells where a lead or a deal came to; where from is the row before. Who
-- moved it, only the card tells, of its last move. The first row is its birth, which is no change.
with

history as (
    select
        *,
        case entity_type_id
            when 1 then 'lead:' || stage_id
            else category_id || ':' || stage_id
        end as place
    from {{ source('raw_bitrix24', 'stage_history') }}
),

last_moves as (
    select account_name, 1 as entity_type_id, id as owner_id, moved_by_id, moved_time
    from {{ source('raw_bitrix24', 'leads') }}
    union all
    select account_name, 2, id, moved_by_id, moved_time
    from {{ source('raw_bitrix24', 'deals') }}
),

with_the_place_before as (
    select
        *,
        lag(place) over (
            partition by account_name, entity_type_id, owner_id order by created_at, id
        ) as place_before
    from history
),

stg_bitrix24__stage_changes as (
    select
        {{ source_key(
            'bitrix24', 'moves.account_name', "moves.entity_type_id || '-' || moves.id"
        ) }} as event_id,
        case
            when moves.entity_type_id = 1
                then {{ source_key('bitrix24', 'moves.account_name', "'lead-' || moves.owner_id") }}
        end as crm_lead_id,
        case
            when moves.entity_type_id = 2
                then {{ source_key('bitrix24', 'moves.account_name', 'moves.owner_id::text') }}
        end as deal_id,
        moves.created_at as changed_at,
        {{ bitrix24_manager('moves.account_name', 'last_moves.moved_by_id') }}
            as changed_by_manager_id,
        {{ source_key('bitrix24', 'moves.account_name', 'moves.place_before') }} as from_stage_id,
        {{ source_key('bitrix24', 'moves.account_name', 'moves.place') }} as to_stage_id
    from with_the_place_before as moves
    left join last_moves
        on moves.account_name = last_moves.account_name
        and moves.entity_type_id = last_moves.entity_type_id
        and moves.owner_id = last_moves.owner_id
        and moves.created_at = last_moves.moved_time
    where moves.place_before is not null
)

select * from stg_bitrix24__stage_changes
