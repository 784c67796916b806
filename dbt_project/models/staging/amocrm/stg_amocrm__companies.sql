with

companies as (
    select * from {{ source('raw_amocrm', 'companies') }}
),

deletion_events as (
    {{ amocrm_deletion_events('company') }}
),

stg_amocrm__companies as (
    select
        {{ source_key('amocrm', 'companies.account_name', 'companies.id::text') }} as company_id,
        companies.name as company_name,
        {{ tax_number_digits(amocrm_field('INN', 'companies.custom_fields_values')) }}
            as tax_number,
        companies.created_at,
        {{ amocrm_is_deleted(
            'companies', 'deletion_events.deleted_at', 'deletion_events.restored_at'
        ) }} as is_deleted
    from companies
    left join deletion_events
        on companies.account_name = deletion_events.account_name
        and companies.id = deletion_events.entity_id
)

select * from stg_amocrm__companies
