with

contacts as (
    select * from {{ source('raw_bitrix24', 'contacts') }}
),

portals as (
    select account_name, web_url from {{ source('raw_bitrix24', 'portal') }}
),

stg_bitrix24__contacts as (
    select
        {{ source_key('bitrix24', 'contacts.account_name', 'contacts.id::text') }} as contact_id,
        nullif(concat_ws(' ', contacts.name, contacts.second_name, contacts.last_name), '')
            as contact_name,
        {{ bitrix24_ways('contacts.phones', normalised_phones) }} as phones,
        -- Written, but no number: kept as a count for those who check the contact.
        (
            select count(*)::integer
            from jsonb_array_elements(contacts.phones) as field (value)
            where
                field.value ->> 'value' <> ''
                and {{ normalised_phone("field.value ->> 'value'") }} is null
        ) as unreadable_phones_count,
        {{ bitrix24_ways('contacts.emails', normalised_emails) }} as emails,
        {{ bitrix24_messengers('contacts.messengers') }} as messenger_ids,
        {{ source_key('bitrix24', 'contacts.account_name', 'contacts.company_id::text') }}
            as company_id,
        {{ bitrix24_manager('contacts.account_name', 'contacts.assigned_by_id') }}
            as responsible_manager_id,
        contacts.created_at,
        contacts._gone_at is not null as is_deleted,
        portals.web_url || '/crm/contact/details/' || contacts.id || '/' as contact_url
    from contacts
    left join portals
        on contacts.account_name = portals.account_name
)

select * from stg_bitrix24__contacts
