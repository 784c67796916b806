-- Every payment and refund once, under the deal it is counted under; `payment_allocations` has the
-- others it is for. Manager and channel add up to those of `money_monthly` by number of payments.
with

counted_payments as (
    select
        payment_id,
        customer_id,
        paid_at,
        paid_date,
        document_amount,
        document_currency_code,
        paid_amount,
        is_refund,
        operation_kind
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null
),

allocations as (
    select payment_id, deal_id, allocated_amount, match_rule, manager_id, counts_payment
    from {{ ref('int_payment_allocations') }}
),

unmatched as (
    select payment_id, unmatched_amount, unmatched_reason from {{ ref('int_unmatched_payments') }}
),

deals as (
    select deal_id, deal_name, channel, deal_url from {{ ref('int_deals') }}
),

customers as (
    select customer_id, customer_name, tax_number from {{ ref('int_customers') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

allocated as (
    select
        payment_id,
        sum(allocated_amount) as allocated_amount,
        count(*)::integer as paid_deals_count
    from allocations
    group by payment_id
),

payments as (
    select
        counted_payments.payment_id,
        counted_payments.paid_at,
        counted_payments.paid_date,
        customers.customer_name,
        customers.tax_number,
        counted_payments.operation_kind,
        counted_payments.is_refund,
        counted_payments.document_amount,
        counted_payments.document_currency_code,
        counted_payments.paid_amount,
        coalesce(allocated.allocated_amount, 0) as allocated_amount,
        coalesce(unmatched.unmatched_amount, 0) as unmatched_amount,
        '{{ company_currency() }}' as currency_code,
        unmatched.unmatched_reason,
        allocations.match_rule,
        coalesce(allocated.paid_deals_count, 0) as paid_deals_count,
        allocations.deal_id,
        deals.deal_name,
        coalesce(allocations.manager_id, 'unassigned') as manager_id,
        managers.manager_name,
        coalesce(deals.channel, '(no deal)') as channel,
        deals.deal_url
    from counted_payments
    left join allocations
        on counted_payments.payment_id = allocations.payment_id
        and allocations.counts_payment
    left join allocated
        on counted_payments.payment_id = allocated.payment_id
    left join unmatched
        on counted_payments.payment_id = unmatched.payment_id
    left join deals
        on allocations.deal_id = deals.deal_id
    left join customers
        on counted_payments.customer_id = customers.customer_id
    left join managers
        on coalesce(allocations.manager_id, 'unassigned') = managers.manager_id
)

select * from payments
