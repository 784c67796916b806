with

int_stage_changes_unioned as (
    select
        event_id,
        deal_id,
        null::text as crm_lead_id,
        from_stage_id,
        to_stage_id,
        changed_by_manager_id,
        changed_at
    from {{ ref('stg_amocrm__stage_changes') }}
    union all
    select
        event_id,
        deal_id,
        crm_lead_id,
        from_stage_id,
        to_stage_id,
        changed_by_manager_id,
        changed_at
    from {{ ref('stg_bitrix24__stage_changes') }}
)

select * from int_stage_changes_unioned
