with

invoices as (
    select * from {{ source('raw_onec', 'invoices') }}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__invoices as (
    select
        {{ source_key('onec', 'invoices.account_name', 'invoices.ref_key') }} as invoice_id,
        invoices.number as invoice_number,
        {{ normalised_invoice_number('invoices.number') }} as invoice_number_digits,
        invoices.document_at as invoiced_at,
        {{ business_date('invoices.document_at') }} as invoiced_date,
        {{ source_key('onec', 'invoices.account_name', 'invoices.organisation_key') }}
            as organisation_id,
        {{ source_key('onec', 'invoices.account_name', 'invoices.counterparty_key') }}
            as counterparty_id,
        invoices.amount as invoice_amount,
        currencies.description as currency_code,
        coalesce(invoices.posted, false) as is_posted,
        coalesce(invoices.deletion_mark, false) or invoices._gone_at is not null as is_deleted
    from invoices
    left join currencies
        on invoices.account_name = currencies.account_name
        and invoices.currency_key = currencies.ref_key
)

select * from stg_onec__invoices
