with

int_tasks_unioned as (
    select
        task_id,
        deal_id,
        null::text as crm_lead_id,
        manager_id,
        task_text,
        created_at,
        complete_till_at,
        is_completed,
        completed_at,
        completed_by_manager_id
    from {{ ref('stg_amocrm__tasks') }}
    union all
    select
        task_id,
        deal_id,
        crm_lead_id,
        manager_id,
        task_text,
        created_at,
        complete_till_at,
        is_completed,
        completed_at,
        completed_by_manager_id
    from {{ ref('stg_bitrix24__tasks') }}
    union all
    select
        task_id,
        deal_id,
        null::text as crm_lead_id,
        manager_id,
        task_text,
        created_at,
        complete_till_at,
        is_completed,
        completed_at,
        null::text as completed_by_manager_id
    from {{ ref('stg_exports__tasks') }}
)

select * from int_tasks_unioned
