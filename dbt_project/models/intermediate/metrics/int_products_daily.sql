-- What was shipped of each product, and what it would have been by the price list, by the day it
-- went. A line that names no product stands under `(no product)`.
with

lines as (
    select
        product_id,
        shipped_date,
        quantity,
        shipped_amount,
        list_amount,
        discount_amount
    from {{ ref('int_shipment_lines') }}
),

int_products_daily as (
    select
        shipped_date as metric_date,
        coalesce(product_id, '(no product)') as product_id,
        coalesce(sum(quantity), 0) as quantity,
        sum(shipped_amount) as shipped_amount,
        coalesce(sum(quantity) filter (where list_amount is not null), 0)
            as quantity_with_list_price,
        coalesce(sum(list_amount), 0) as list_amount,
        coalesce(sum(shipped_amount) filter (where list_amount is null), 0)
            as shipped_without_list_price_amount,
        sum(discount_amount) as discount_amount
    from lines
    group by shipped_date, coalesce(product_id, '(no product)')
)

select * from int_products_daily
