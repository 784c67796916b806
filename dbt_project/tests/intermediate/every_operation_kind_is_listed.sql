{{ config(severity='warn') }}
-- A kind nobody listed in the seed operation_kinds counts as no sales money; this says so before a
-- month of revenue is missing.
with

payments as (
    select payment_id, operation_kind from {{ ref('int_payments') }}
    where operation_kind is not null
),

operation_kinds as (
    select operation_kind from {{ ref('operation_kinds') }}
)

select payments.operation_kind, count(*) as payments_count
from payments
left join operation_kinds
    on payments.operation_kind = operation_kinds.operation_kind
where operation_kinds.operation_kind is null
group by payments.operation_kind
