{{ config(severity='warn') }}
-- Prices are read, and none is of the list the company named in `list_price_kind`: no shipment has
-- a list price then. The lists there are.
with

prices as (
    select price_kind from {{ ref('stg_onec__prices') }}
    where not is_deleted
)

select price_kind, count(*) as prices_count
from prices
where not exists (select from {{ ref('int_list_prices_dated') }})
group by price_kind
