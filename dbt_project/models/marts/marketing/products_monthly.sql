-- What every product was sold for, beside what the price list said at the day of each shipment, by
-- month. Prices are averages over pieces, without VAT.
with

days as (
    select * from {{ ref('int_products_daily') }}
),

products as (
    select product_id, product_code, product_name from {{ ref('int_products') }}
),

totals as (
    select
        date_trunc('month', metric_date)::date as month_start,
        product_id,
        sum(quantity) as quantity,
        sum(shipped_amount) as shipped_amount,
        sum(quantity_with_list_price) as quantity_with_list_price,
        sum(list_amount) as list_amount,
        sum(shipped_without_list_price_amount) as shipped_without_list_price_amount,
        sum(discount_amount) as discount_amount
    from days
    group by month_start, product_id
),

products_monthly as (
    select
        totals.month_start,
        totals.product_id,
        products.product_code,
        products.product_name,
        totals.quantity,
        totals.shipped_amount,
        {{ average_price_amount('totals') }} as average_price_amount,
        {{ average_list_price_amount('totals') }} as average_list_price_amount,
        totals.list_amount,
        totals.discount_amount,
        {{ discount_share('totals') }} as discount_share,
        totals.shipped_without_list_price_amount,
        '{{ company_currency() }}' as currency_code
    from totals
    left join products
        on totals.product_id = products.product_id
)

select * from products_monthly
