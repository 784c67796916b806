select
    {{ source_key('amocrm', 'account_name', 'id::text') }} as manager_id,
    name as manager_name,
    {{ normalised_email('email') }} as email,
    nullif(group_name, '') as department_name,
    coalesce(is_active, true) as is_active
from {{ source('raw_amocrm', 'users') }}
