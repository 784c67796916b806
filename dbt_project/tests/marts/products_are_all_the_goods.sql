-- What was shipped of all products is what was shipped for all deals and none, and so are its worth
-- by the price list and the discount. Months to come, of which a document may be dated, are left
-- out.
with

by_product as (
    select
        month_start,
        sum(shipped_amount) as shipped_amount,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(shipped_without_list_price_amount) as shipped_without_list_price_amount
    from {{ ref('products_monthly') }}
    where month_start <= {{ business_date(business_now()) }}
    group by month_start
),

by_manager_and_channel as (
    select
        month_start,
        sum(shipped_amount) as shipped_amount,
        sum(list_amount) as list_amount,
        sum(discount_amount) as discount_amount,
        sum(shipped_without_list_price_amount) as shipped_without_list_price_amount
    from {{ ref('money_monthly') }}
    group by month_start
)

select
    month_start,
    by_product.shipped_amount,
    by_manager_and_channel.shipped_amount as managers_shipped_amount,
    by_product.list_amount,
    by_manager_and_channel.list_amount as managers_list_amount,
    by_product.discount_amount,
    by_manager_and_channel.discount_amount as managers_discount_amount
from by_product
full join by_manager_and_channel using (month_start)
where
    by_product.discount_amount is distinct from by_manager_and_channel.discount_amount
    {%- for name in ['shipped_amount', 'list_amount', 'shipped_without_list_price_amount'] %}
    or coalesce(by_product.{{ name }}, 0) <> coalesce(by_manager_and_channel.{{ name }}, 0)
    {%- endfor %}
