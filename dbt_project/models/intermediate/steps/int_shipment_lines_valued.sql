-- What each line of a shipment is worth without VAT, in the company's currency, what it cost, and
-- what it would have been worth by the price list.
with

shipments as (
    select
        shipment_id,
        returned_shipment_id,
        shipped_at,
        {{ business_date('shipped_at') }} as shipped_date,
        document_amount,
        document_currency_code
    from {{ ref('stg_onec__shipments') }}
),

lines as (
    select
        shipment_line_id,
        shipment_id,
        product_id,
        line_part,
        quantity,
        line_amount,
        coalesce(vat_amount, 0) as vat_amount,
        cost_amount
    from {{ ref('stg_onec__shipment_lines') }}
),

list_prices as (
    select * from {{ ref('int_list_prices_dated') }}
),

currency_rates as (
    select rated_currency_code, rate_date, rate_amount from {{ ref('int_currency_rates_daily') }}
),

-- A return tells no cost: what comes back cost what it had cost when it was shipped.
costs_of_products as (
    select
        shipment_id,
        product_id,
        sum(quantity) as quantity,
        case when bool_and(cost_amount is not null) then sum(cost_amount) end as cost_amount
    from lines
    group by shipment_id, product_id
),

document_totals as (
    select shipment_id, sum(line_amount) as lines_amount, sum(vat_amount) as vat_amount
    from lines
    group by shipment_id
),

lines_of_documents as (
    select
        lines.shipment_line_id,
        lines.shipment_id,
        lines.product_id,
        lines.line_part,
        lines.quantity,
        lines.vat_amount,
        -- What comes back was sold by the list of the day it went.
        coalesce(sold_shipments.shipped_date, shipments.shipped_date) as listed_date,
        -- The amount of a document is with VAT. Lines that add up to it only with their VAT are
        -- without it, all others hold it.
        case
            when
                document_totals.lines_amount <> shipments.document_amount
                and document_totals.lines_amount + document_totals.vat_amount
                = shipments.document_amount
                then lines.line_amount
            else lines.line_amount - lines.vat_amount
        end as amount_without_vat,
        -- Divided last: the cost of one piece, rounded, could make a kopeck of many.
        coalesce(
            lines.cost_amount,
            lines.quantity * costs_of_products.cost_amount / nullif(costs_of_products.quantity, 0)
        ) as cost_amount,
        case
            when shipments.document_currency_code = '{{ company_currency() }}' then 1
            else currency_rates.rate_amount
        end as rate_amount
    from lines
    inner join shipments
        on lines.shipment_id = shipments.shipment_id
    left join shipments as sold_shipments
        on shipments.returned_shipment_id = sold_shipments.shipment_id
    inner join document_totals
        on lines.shipment_id = document_totals.shipment_id
    left join costs_of_products
        on shipments.returned_shipment_id = costs_of_products.shipment_id
        and lines.product_id = costs_of_products.product_id
    left join currency_rates
        on shipments.document_currency_code = currency_rates.rated_currency_code
        and shipments.shipped_date = currency_rates.rate_date
),

-- A price with VAT loses as much of it as the line pays, so that both are without the same; a gift
-- pays none that could be seen, and loses the home country's. A list that does not say whether its
-- prices hold VAT has none that could be compared.
lines_with_list_prices as (
    select
        lines_of_documents.*,
        list_prices.price_amount
        * case
            when list_prices.price_currency_code = '{{ company_currency() }}' then 1
            else currency_rates.rate_amount
        end
        * case
            when list_prices.includes_vat
                then coalesce(
                    lines_of_documents.amount_without_vat
                    / nullif(
                        lines_of_documents.amount_without_vat + lines_of_documents.vat_amount, 0
                    ),
                    1 / (1 + {{ vat_rate_on('lines_of_documents.listed_date') }})
                )
            when not list_prices.includes_vat then 1
        end as list_price_amount
    from lines_of_documents
    left join list_prices
        on lines_of_documents.product_id = list_prices.product_id
        and lines_of_documents.listed_date >= list_prices.valid_from_date
        and lines_of_documents.listed_date < list_prices.valid_before_date
    left join currency_rates
        on list_prices.price_currency_code = currency_rates.rated_currency_code
        and lines_of_documents.listed_date = currency_rates.rate_date
),

-- Cost is kept in the company's currency, whatever the customer is billed in.
int_shipment_lines_valued as (
    select
        shipment_line_id,
        shipment_id,
        product_id,
        quantity,
        round(amount_without_vat * rate_amount, 2) as shipped_amount,
        -- Work costs nothing that a document knows.
        round(
            case when line_part = 'services' then coalesce(cost_amount, 0) else cost_amount end, 2
        ) as cost_amount,
        round(list_price_amount, 2) as list_price_amount,
        round(list_price_amount * quantity, 2) as list_amount
    from lines_with_list_prices
)

select * from int_shipment_lines_valued
