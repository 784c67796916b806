-- Money that came, and money that went out, with the sign it has for us. What the bank settles for
-- card payments is a receipt of its own kind, which is no sales money.
{% set documents = [
    ('bank_receipts', 'bank', 1),
    ('bank_write_offs', 'bank', -1),
    ('cash_receipts', 'cash', 1),
    ('cash_write_offs', 'cash', -1),
    ('card_operations', 'card', 1),
] -%}
with

movements as (
    {%- for table, money_kind, direction in documents %}
    select
        account_name,
        ref_key,
        number,
        document_at,
        organisation_key,
        counterparty_key,
        currency_key,
        {{ direction }} * amount as amount,
        operation_kind,
        purpose,
        base_document_key,
        posted,
        deletion_mark,
        _gone_at,
        '{{ money_kind }}' as money_kind
    from {{ source('raw_onec', table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__money_movements as (
    select
        {{ source_key('onec', 'movements.account_name', 'movements.ref_key') }} as movement_id,
        movements.money_kind,
        movements.number as document_number,
        movements.document_at,
        {{ source_key('onec', 'movements.account_name', 'movements.organisation_key') }}
            as organisation_id,
        {{ source_key('onec', 'movements.account_name', 'movements.counterparty_key') }}
            as counterparty_id,
        movements.amount as document_amount,
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

select * from stg_onec__money_movements
