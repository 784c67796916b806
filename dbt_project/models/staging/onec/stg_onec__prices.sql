with

prices as (
    select * from {{ source('raw_onec', 'prices') }}
),

price_kinds as (
    select account_name, ref_key, description, currency_key, includes_vat
    from {{ source('raw_onec', 'price_kinds') }}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__prices as (
    select
        {{ source_key('onec', 'prices.account_name', 'prices.record_key') }} as price_id,
        {{ source_key('onec', 'prices.account_name', 'prices.product_key') }} as product_id,
        price_kinds.description as price_kind,
        prices.period_at as priced_at,
        prices.price as price_amount,
        currencies.description as price_currency_code,
        price_kinds.includes_vat,
        prices._gone_at is not null or not coalesce(prices.is_active, true) as is_deleted
    from prices
    left join price_kinds
        on prices.account_name = price_kinds.account_name
        and prices.price_kind_key = price_kinds.ref_key
    left join currencies
        on prices.account_name = currencies.account_name
        and coalesce(prices.currency_key, price_kinds.currency_key) = currencies.ref_key
)

select * from stg_onec__prices
