{{ config(severity='warn') }}
-- A kind nobody listed in the seed operation_kinds counts as no sales money; this says so before a
-- month of revenue is missing.
with

payments as (
    select split_part(payment_id, ':', 1) as source_name, operation_kind
    from {{ ref('int_payments') }}
    where operation_kind is not null
),

operation_kinds as (
    select source_name, operation_kind from {{ ref('operation_kinds') }}
)

select payments.source_name, payments.operation_kind, count(*) as payments_count
from payments
left join operation_kinds
    on payments.source_name = operation_kinds.source_name
    and payments.operation_kind = operation_kinds.operation_kind
where operation_kinds.operation_kind is null
group by payments.source_name, payments.operation_kind
