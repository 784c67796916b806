-- Which deals the money is for, and by which rule that was decided.
with

allocations as (
    select
        allocation_id,
        payment_id,
        deal_id,
        paid_at,
        paid_date,
        allocated_amount,
        match_rule,
        manager_id,
        counts_payment,
        is_first_of_deal
    from {{ ref('int_payment_allocations') }}
),

payments as (
    select payment_id, customer_id, is_refund from {{ ref('int_payments') }}
),

deals as (
    select deal_id, deal_name, channel, currency_code, deal_url from {{ ref('int_deals') }}
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

payment_allocations as (
    select
        allocations.allocation_id,
        allocations.payment_id,
        allocations.paid_at,
        allocations.paid_date,
        customers.customer_name,
        payments.is_refund,
        allocations.allocated_amount,
        deals.currency_code,
        allocations.match_rule,
        allocations.counts_payment,
        allocations.is_first_of_deal,
        allocations.deal_id,
        deals.deal_name,
        allocations.manager_id,
        managers.manager_name,
        deals.channel,
        deals.deal_url
    from allocations
    inner join payments
        on allocations.payment_id = payments.payment_id
    inner join deals
        on allocations.deal_id = deals.deal_id
    left join customers
        on payments.customer_id = customers.customer_id
    left join managers
        on allocations.manager_id = managers.manager_id
)

select * from payment_allocations
