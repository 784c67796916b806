-- The price list: what each product costs by it from which day until before which. Of several lists
-- of prices it is the one the company names. A price of zero takes the product off the list, and
-- of two prices of one moment (of two qualities, two packings) nobody can say which was meant.
with

prices as (
    select product_id, priced_at, price_amount, price_currency_code, includes_vat
    from {{ ref('stg_onec__prices') }}
    where not is_deleted and lower(trim(price_kind)) = lower('{{ var('list_price_kind') }}')
),

prices_by_moment as (
    select
        product_id,
        priced_at,
        case
            when
                min(price_amount) = max(price_amount)
                and min(price_currency_code) = max(price_currency_code)
                then nullif(min(price_amount), 0)
        end as price_amount,
        min(price_currency_code) as price_currency_code,
        bool_and(includes_vat) as includes_vat
    from prices
    group by product_id, priced_at
),

-- A shipment knows its day, so the last price of a day is the day's.
prices_by_day as (
    select distinct on (product_id, {{ business_date('priced_at') }})
        product_id,
        {{ business_date('priced_at') }} as valid_from_date,
        price_amount,
        price_currency_code,
        includes_vat
    from prices_by_moment
    order by product_id, {{ business_date('priced_at') }}, priced_at desc
),

int_list_prices_dated as (
    select
        product_id,
        valid_from_date,
        coalesce(
            lead(valid_from_date) over (partition by product_id order by valid_from_date),
            'infinity'
        ) as valid_before_date,
        price_amount,
        price_currency_code,
        includes_vat
    from prices_by_day
)

select * from int_list_prices_dated
