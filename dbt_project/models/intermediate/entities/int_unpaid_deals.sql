-- What won deals still owe: what they ask for in all, less the money that came.
with

deals as (
    select deal_id, paid_amount, {{ business_date('won_at') }} as won_date
    from {{ ref('int_deals') }}
    where status = 'won' and deal_excluded_reason is null
),

deals_awaiting_money as (
    select deal_id, due_amount from {{ ref('int_deals_awaiting_money') }}
),

int_unpaid_deals as (
    select
        deals.deal_id,
        deals.won_date,
        {{ business_date(business_now()) }} - deals.won_date as days_since_won,
        deals_awaiting_money.due_amount,
        deals.paid_amount,
        deals_awaiting_money.due_amount - deals.paid_amount as debt_amount,
        false as is_deleted
    from deals
    inner join deals_awaiting_money
        on deals.deal_id = deals_awaiting_money.deal_id
    where
        deals_awaiting_money.due_amount > deals.paid_amount
        -- Nobody wrote down how much, and nothing came.
        or (deals_awaiting_money.due_amount is null and deals.paid_amount <= 0)
)

select * from int_unpaid_deals
