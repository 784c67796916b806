-- The history tells where a lead or a deal came to; where from is the row before. Nothing tells who
-- moved it. The first row is its birth, which is no change.
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
        {{ source_key('bitrix24', 'account_name', "entity_type_id || '-' || id") }} as event_id,
        case
            when entity_type_id = 1
                then {{ source_key('bitrix24', 'account_name', 'owner_id::text') }}
        end as crm_lead_id,
        case
            when entity_type_id = 2
                then {{ source_key('bitrix24', 'account_name', 'owner_id::text') }}
        end as deal_id,
        created_at as changed_at,
        {{ source_key('bitrix24', 'account_name', 'place_before') }} as from_stage_id,
        {{ source_key('bitrix24', 'account_name', 'place') }} as to_stage_id
    from with_the_place_before
    where place_before is not null
)

select * from stg_bitrix24__stage_changes
