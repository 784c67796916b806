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
            select distinct {{ normalised_phone("phone.value #>> '{}'") }}
            from jsonb_path_query(
                contacts.custom_fields_values, '$[*] ? (@.field_code == "PHONE").values[*].value'
            ) as phone (value)
            where {{ normalised_phone("phone.value #>> '{}'") }} is not null
        ) as phones,
        -- Written, but no number: kept as a count for those who check the contact.
        (
            select count(*)::integer
            from jsonb_path_query(
                contacts.custom_fields_values, '$[*] ? (@.field_code == "PHONE").values[*].value'
            ) as phone (value)
            where
                nullif(phone.value #>> '{}', '') is not null
                and {{ normalised_phone("phone.value #>> '{}'") }} is null
        ) as unreadable_phones_count,
        array(
            select distinct {{ normalised_email("email.value #>> '{}'") }}
            from jsonb_path_query(
                contacts.custom_fields_values, '$[*] ? (@.field_code == "EMAIL").values[*].value'
            ) as email (value)
            where {{ normalised_email("email.value #>> '{}'") }} is not null
        ) as emails,
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
