-- To the kopeck, never more than the payment, and never against its sign.
with

allocated as (
    select
        payment_id,
        sum(allocated_amount) as allocated_amount,
        min(allocated_amount) as smallest,
        max(allocated_amount) as largest
    from {{ ref('int_payment_allocations') }}
    group by payment_id
),

payments as (
    select payment_id, paid_amount, payment_excluded_reason from {{ ref('int_payments') }}
)

select allocated.*, payments.paid_amount, payments.payment_excluded_reason
from allocated
left join payments
    on allocated.payment_id = payments.payment_id
where
    payments.payment_id is null
    or payments.payment_excluded_reason is not null
    or abs(allocated.allocated_amount) > abs(payments.paid_amount)
    or (payments.paid_amount > 0 and allocated.smallest < 0)
    or (payments.paid_amount < 0 and allocated.largest > 0)
