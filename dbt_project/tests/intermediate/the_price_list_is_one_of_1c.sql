{{ config(severity='warn') }}
-- Prices are read, and none that could be compared is of the list the company named in
-- `list_price_kind` (of another list, without a currency, or nobody says whether it holds VAT): no
-- shipment has a list price then. The lists there are.
with

prices as (
    select price_kind from {{ ref('stg_onec__prices') }}
    where not is_deleted
)

select price_kind, count(*) as prices_count
from prices
where
    not exists (
        select from {{ ref('int_list_prices_dated') }}
        where price_amount is not null and price_currency_code is not null
            and includes_vat is not null
    )
group by price_kind
