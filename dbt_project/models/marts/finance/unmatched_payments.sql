-- Money no deal explains: why, and what somebody has to do about it.
with

unmatched as (
    select payment_id, unmatched_amount, is_whole_payment, unmatched_reason
    from {{ ref('int_unmatched_payments') }}
),

payments as (
    select payment_id, customer_id, paid_at, paid_date, paid_amount, is_refund
    from {{ ref('int_payments') }}
),

customers as (
    select customer_id, customer_name, tax_number from {{ ref('int_customers') }}
),

actions as (
    select unmatched_reason, explanation, what_to_do from {{ ref('unmatched_reasons') }}
),

unmatched_payments as (
    select
        unmatched.payment_id,
        payments.paid_at,
        payments.paid_date,
        {{ business_date(business_now()) }} - payments.paid_date as days_since_paid,
        payments.customer_id,
        customers.customer_name,
        customers.tax_number,
        payments.is_refund,
        payments.paid_amount,
        unmatched.unmatched_amount,
        '{{ company_currency() }}' as currency_code,
        unmatched.is_whole_payment,
        unmatched.unmatched_reason,
        actions.explanation,
        actions.what_to_do
    from unmatched
    inner join payments
        on unmatched.payment_id = payments.payment_id
    left join customers
        on payments.customer_id = customers.customer_id
    left join actions
        on unmatched.unmatched_reason = actions.unmatched_reason
)

select * from unmatched_payments
