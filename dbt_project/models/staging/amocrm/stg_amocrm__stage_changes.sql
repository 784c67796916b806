-- The document promises pipeline_id inside the event; answers without it exist, hence the coalesce
-- to the pipeline the deal is in now.
with

events as (
    select * from {{ source('raw_amocrm', 'events') }}
    where type = 'lead_status_changed'
),

leads as (
    select account_name, id, pipeline_id from {{ source('raw_amocrm', 'leads') }}
),

read_from_json as (
    select
        events.account_name,
        events.id,
        events.entity_id,
        events.created_at,
        events.created_by,
        events.value_before #>> '{0,lead_status,id}' as from_status,
        coalesce(events.value_before #>> '{0,lead_status,pipeline_id}', leads.pipeline_id::text)
            as from_pipeline,
        events.value_after #>> '{0,lead_status,id}' as to_status,
        coalesce(events.value_after #>> '{0,lead_status,pipeline_id}', leads.pipeline_id::text)
            as to_pipeline
    from events
    left join leads
        on events.account_name = leads.account_name
        and events.entity_id = leads.id
),

stg_amocrm__stage_changes as (
    select
        {{ source_key('amocrm', 'account_name', 'id') }} as event_id,
        {{ source_key('amocrm', 'account_name', 'entity_id::text') }} as deal_id,
        created_at as changed_at,
        {{ amocrm_manager('account_name', 'created_by') }} as changed_by_manager_id,
        {{ source_key('amocrm', 'account_name', "from_pipeline || ':' || from_status") }}
            as from_stage_id,
        {{ source_key('amocrm', 'account_name', "to_pipeline || ':' || to_status") }}
            as to_stage_id
    from read_from_json
)

select * from stg_amocrm__stage_changes
