-- Whom to ask for money, the oldest win first in any list: `days_since_won`.
with

unpaid_deals as (
    select deal_id, won_date, days_since_won, due_amount, paid_amount, debt_amount
    from {{ ref('int_unpaid_deals') }}
),

deals as (
    select
        deal_id,
        deal_name,
        customer_id,
        manager_id,
        manager_name,
        department_name,
        channel,
        currency_code,
        deal_url
    from {{ ref('int_deals') }}
),

customers as (
    select customer_id, customer_name, tax_number from {{ ref('int_customers') }}
),

won_unpaid_deals as (
    select
        unpaid_deals.deal_id,
        deals.deal_name,
        customers.customer_name,
        customers.tax_number,
        deals.manager_id,
        deals.manager_name,
        deals.department_name,
        deals.channel,
        unpaid_deals.won_date,
        unpaid_deals.days_since_won,
        unpaid_deals.due_amount,
        unpaid_deals.paid_amount,
        unpaid_deals.debt_amount,
        deals.currency_code,
        deals.deal_url
    from unpaid_deals
    inner join deals
        on unpaid_deals.deal_id = deals.deal_id
    left join customers
        on deals.customer_id = customers.customer_id
)

select * from won_unpaid_deals
