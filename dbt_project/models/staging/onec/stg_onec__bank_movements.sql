-- Receipts and what went back to customers, with the sign money has for us.
with

movements as (
    select *, 1 as direction from {{ source('raw_onec', 'bank_receipts') }}
    union all
    select *, -1 as direction from {{ source('raw_onec', 'bank_write_offs') }}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__bank_movements as (
    select
        {{ source_key('onec', 'movements.account_name', 'movements.ref_key') }} as movement_id,
        movements.number as document_number,
        movements.document_at,
        {{ source_key('onec', 'movements.account_name', 'movements.organisation_key') }}
            as organisation_id,
        {{ source_key('onec', 'movements.account_name', 'movements.counterparty_key') }}
            as counterparty_id,
        movements.direction * movements.amount as document_amount,
        currencies.description as document_currency_code,
        movements.operation_kind,
        movements.purpose,
        {{ source_key('onec', 'movements.account_name', 'movements.base_document_key') }}
            as base_invoice_id,
        coalesce(movements.posted, false) as is_posted,
        coalesce(movements.deletion_mark, false) or movements._gone_at is not null as is_deleted
    from movements
    left join currencies
        on movements.account_name = currencies.account_name
        and movements.currency_key = currencies.ref_key
)

select * from stg_onec__bank_movements
