select
    {{ source_key('exports', 'account_name', 'task_id') }} as task_id,
    {{ source_key('exports', 'account_name', 'deal_id') }} as deal_id,
    {{ source_key('exports', 'account_name', 'manager_id') }} as manager_id,
    manager_name,
    task_text,
    is_completed,
    created_at,
    due_at as complete_till_at,
    completed_at,
    {{ source_key('exports', 'account_name', 'completed_by_manager_id') }}
        as completed_by_manager_id
from {{ source('raw_exports', 'tasks') }}
