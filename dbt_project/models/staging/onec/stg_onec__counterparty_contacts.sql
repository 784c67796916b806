select
    {{ source_key(
        'onec',
        'counterparties.account_name',
        "counterparties.ref_key || ':' || (contact.value ->> 'line_number')",
    ) }}
        as counterparty_contact_id,
    {{ source_key('onec', 'counterparties.account_name', 'counterparties.ref_key') }}
        as counterparty_id,
    case contact.value ->> 'type'
        when 'Телефон' then 'phone'
        when 'АдресЭлектроннойПочты' then 'email'
        else 'other'
    end as contact_type,
    contact.value ->> 'kind' as contact_kind,
    coalesce(
        contact.value ->> 'phone', contact.value ->> 'email', contact.value ->> 'presentation'
    ) as contact_value
from {{ source('raw_onec', 'counterparties') }} as counterparties
cross join lateral jsonb_array_elements(counterparties.contact_info) as contact (value)
