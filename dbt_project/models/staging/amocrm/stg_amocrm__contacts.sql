with

contacts as (
    select * from {{ source('raw_amocrm', 'contacts') }}
),

accounts as (
    select account_name, web_url from {{ ref('stg_amocrm__accounts') }}
),

deletion_events as (
    {{ amocrm_deletion_events('contact') }}
),

stg_amocrm__contacts as (
    select
        {{ source_key('amocrm', 'contacts.account_name', 'contacts.id::text') }} as contact_id,
        contacts.name as contact_name,
        array(
            select distinct phone.number
            from {{ amocrm_values('PHONE', 'contacts.custom_fields_values') }} as field (value)
            cross join lateral
                unnest({{ normalised_phones("field.value ->> 'value'") }}) as phone (number)
            order by phone.number
        ) as phones,
        -- Written, but no number: kept as a count for those who check the contact.
        (
            select count(*)::integer
            from {{ amocrm_values('PHONE', 'contacts.custom_fields_values') }} as field (value)
            where
                field.value ->> 'value' <> ''
                and {{ normalised_phone("field.value ->> 'value'") }} is null
        ) as unreadable_phones_count,
        array(
            select distinct email.address
            from {{ amocrm_values('EMAIL', 'contacts.custom_fields_values') }} as field (value)
            cross join lateral
                unnest({{ normalised_emails("field.value ->> 'value'") }}) as email (address)
            order by email.address
        ) as emails,
        array(
            select distinct messenger.account
            from {{ amocrm_values('IM', 'contacts.custom_fields_values') }} as field (value)
            cross join lateral (
                select {{ normalised_messenger_id(
                    "coalesce(field.value ->> 'enum_code', 'other')", "field.value ->> 'value'"
                ) }} as account
            ) as messenger
            where messenger.account is not null
            order by messenger.account
        ) as messenger_ids,
        {{ source_key('amocrm', 'contacts.account_name', "(contacts.companies #>> '{0,id}')") }}
            as company_id,
        {{ amocrm_manager('contacts.account_name', 'contacts.responsible_user_id') }}
            as responsible_manager_id,
        contacts.created_at,
        {{ amocrm_is_deleted(
            'contacts', 'deletion_events.deleted_at', 'deletion_events.restored_at'
        ) }} as is_deleted,
        accounts.web_url || '/contacts/detail/' || contacts.id as contact_url
    from contacts
    left join accounts
        on contacts.account_name = accounts.account_name
    left join deletion_events
        on contacts.account_name = deletion_events.account_name
        and contacts.id = deletion_events.entity_id
)

select * from stg_amocrm__contacts
