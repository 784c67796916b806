-- What each line of a shipment is worth without VAT, in the company's currency, and what it cost.
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

currency_rates as (
    select rated_currency_code, rate_date, rate_amount from {{ ref('int_currency_rates_daily') }}
),

-- A return tells no cost: what comes back cost what it had cost when it was shipped.
unit_costs as (
    select
        shipment_id,
        product_id,
        case
            when bool_and(cost_amount is not null) then sum(cost_amount) / nullif(sum(quantity), 0)
        end as unit_cost_amount
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
        coalesce(lines.cost_amount, lines.quantity * unit_costs.unit_cost_amount) as cost_amount,
        case
            when shipments.document_currency_code = '{{ company_currency() }}' then 1
            else currency_rates.rate_amount
        end as rate_amount
    from lines
    inner join shipments
        on lines.shipment_id = shipments.shipment_id
    inner join document_totals
        on lines.shipment_id = document_totals.shipment_id
    left join unit_costs
        on shipments.returned_shipment_id = unit_costs.shipment_id
        and lines.product_id = unit_costs.product_id
    left join currency_rates
        on shipments.document_currency_code = currency_rates.rated_currency_code
        and shipments.shipped_date = currency_rates.rate_date
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
        ) as cost_amount
    from lines_of_documents
)

select * from int_shipment_lines_valued
