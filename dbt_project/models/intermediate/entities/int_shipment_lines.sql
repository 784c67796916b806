with

shipments as (
    select shipment_id, customer_id, shipped_date from {{ ref('int_shipments') }}
    where shipment_excluded_reason is null
),

lines as (
    select * from {{ ref('int_shipment_lines_valued') }}
),

int_shipment_lines as (
    select
        lines.shipment_line_id,
        lines.shipment_id,
        shipments.customer_id,
        shipments.shipped_date,
        lines.product_id,
        lines.quantity,
        lines.shipped_amount,
        lines.cost_amount,
        lines.list_price_amount::numeric(18, 2) as list_price_amount,
        lines.list_amount::numeric(18, 2) as list_amount,
        (lines.list_amount - lines.shipped_amount)::numeric(18, 2) as discount_amount,
        false as is_deleted
    from lines
    inner join shipments
        on lines.shipment_id = shipments.shipment_id
)

select * from int_shipment_lines
