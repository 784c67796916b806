with

movements as (
    select account_name, ref_key, lines, 1 as direction
    from {{ source('raw_onec', 'bank_receipts') }}
    union all
    select account_name, ref_key, lines, -1 as direction
    from {{ source('raw_onec', 'bank_write_offs') }}
)

select
    {{ source_key(
        'onec',
        'movements.account_name',
        "movements.ref_key || ':' || (line.value ->> 'line_number')",
    ) }}
        as movement_line_id,
    {{ source_key('onec', 'movements.account_name', 'movements.ref_key') }} as movement_id,
    {{ source_key('onec', 'movements.account_name', "(line.value ->> 'invoice_key')") }}
        as invoice_id,
    movements.direction * (line.value ->> 'amount')::numeric as line_amount
from movements
cross join lateral jsonb_array_elements(movements.lines) as line (value)
