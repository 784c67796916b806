-- A task names the cards it is about in words: D_7 is deal 7, L_5 a lead.
with

tasks as (
    select
        *,
        jsonb_path_query_first(uf_crm_task, '$[*] ? (@ starts with "D_")') #>> '{}' as deal_word,
        jsonb_path_query_first(uf_crm_task, '$[*] ? (@ starts with "L_")') #>> '{}' as lead_word,
        status = 5 as is_done
    from {{ source('raw_bitrix24', 'tasks') }}
    where _gone_at is null
),

stg_bitrix24__tasks as (
    select
        {{ source_key('bitrix24', 'account_name', 'id::text') }} as task_id,
        {{ source_key('bitrix24', 'account_name', 'substr(deal_word, 3)') }} as deal_id,
        {{ source_key('bitrix24', 'account_name', "'lead-' || substr(lead_word, 3)") }}
            as crm_lead_id,
        {{ bitrix24_manager('account_name', 'responsible_id') }} as manager_id,
        title as task_text,
        is_done as is_completed,
        created_at,
        deadline as complete_till_at,
        case when is_done then closed_date end as completed_at,
        case when is_done then {{ bitrix24_manager('account_name', 'closed_by') }} end
            as completed_by_manager_id
    from tasks
)

select * from stg_bitrix24__tasks
