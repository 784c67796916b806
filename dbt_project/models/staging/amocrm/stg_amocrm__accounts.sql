select
    'amocrm:' || account_name as account_id,
    account_name,
    currency as currency_code,
    web_url
from {{ source('raw_amocrm', 'account') }}
