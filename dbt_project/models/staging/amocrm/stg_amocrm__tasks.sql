-- The API has no completion time: a completed task's last edit stands for it. An erased task is
-- nobody's task any more.
select
    {{ source_key('amocrm', 'account_name', 'id::text') }} as task_id,
    case
        when entity_type = 'leads'
            then {{ source_key('amocrm', 'account_name', 'entity_id::text') }}
    end as deal_id,
    {{ amocrm_manager('account_name', 'responsible_user_id') }} as manager_id,
    text as task_text,
    coalesce(is_completed, false) as is_completed,
    created_at,
    complete_till as complete_till_at,
    case when is_completed then updated_at end as completed_at,
    case when is_completed then {{ amocrm_manager('account_name', 'updated_by') }} end
        as completed_by_manager_id
from {{ source('raw_amocrm', 'tasks') }}
where _gone_at is null
