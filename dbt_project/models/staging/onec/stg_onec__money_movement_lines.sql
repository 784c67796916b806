{% set documents = [
    ('bank_receipts', 1),
    ('bank_write_offs', -1),
    ('cash_receipts', 1),
    ('cash_write_offs', -1),
    ('card_operations', 1),
] -%}
with

movements as (
    {%- for table, direction in documents %}
    select account_name, ref_key, lines, {{ direction }} as direction
    from {{ source('raw_onec', table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

movement_lines as (
    select
        movements.account_name,
        movements.ref_key,
        line.value ->> 'line_number' as line_number,
        line.value ->> 'invoice_key' as invoice_key,
        movements.direction * (line.value ->> 'amount')::numeric as line_amount
    from movements
    cross join lateral jsonb_array_elements(movements.lines) as line (value)
),

-- УТ settles through an object of its own, which the order names.
settled_invoices as (
    select account_name, settlement_key, ref_key from {{ source('raw_onec', 'invoices') }}
    where settlement_key is not null
),

stg_onec__money_movement_lines as (
    select
        {{ source_key(
            'onec',
            'movement_lines.account_name',
            "movement_lines.ref_key || ':' || movement_lines.line_number",
        ) }}
            as movement_line_id,
        {{ source_key('onec', 'movement_lines.account_name', 'movement_lines.ref_key') }}
            as movement_id,
        {{ source_key(
            'onec',
            'movement_lines.account_name',
            'coalesce(settled_invoices.ref_key, movement_lines.invoice_key)',
        ) }}
            as invoice_id,
        movement_lines.line_amount
    from movement_lines
    left join settled_invoices
        on movement_lines.account_name = settled_invoices.account_name
        and movement_lines.invoice_key = settled_invoices.settlement_key
)

select * from stg_onec__money_movement_lines
