-- What this system costs and what it returns, as the company itself reckons in its workbook.
with

items as (
    select month_start, item_kind, item_amount from {{ ref('int_system_returns') }}
),

totals as (
    select
        month_start,
        coalesce(sum(item_amount) filter (where item_kind = 'cost'), 0) as system_cost_amount,
        coalesce(sum(item_amount) filter (where item_kind = 'return'), 0) as system_return_amount
    from items
    group by month_start
),

system_roi as (
    select
        month_start,
        system_cost_amount,
        system_return_amount,
        {{ system_roi_ratio('totals') }} as system_roi_ratio,
        '{{ company_currency() }}' as currency_code
    from totals
)

select * from system_roi
