-- What the won sellers sold: one order item is one movement of money, named for the seller's deal.
-- Items are not joined to the orders' payments, which would count an order once per item. Whether
-- an order is delivered is what "posted" means here; that only posted money counts is decided by
-- the payment entity, not by this mapping.
with

items as (
    select *
    from read_csv(
        getvariable('data') || '/ecommerce_sample/olist_order_items_dataset.csv',
        header = true,
        types = {'price': 'decimal(18, 2)', 'order_item_id': 'varchar'}
    )
),

orders as (
    select order_id, order_status, order_purchase_timestamp
    from read_csv(getvariable('data') || '/ecommerce_sample/olist_orders_dataset.csv', header = true)
),

deals as (
    select mql_id, seller_id
    from read_csv(
        getvariable('data') || '/funnel/olist_closed_deals_dataset.csv', header = true, quote = '"'
    )
)

select
    items.order_id || ':' || items.order_item_id as payment_id,
    orders.order_purchase_timestamp as paid_at,
    items.price as amount,
    'BRL' as currency_code,
    orders.order_status = 'delivered' as is_posted,
    false as is_deleted,
    deals.mql_id as deal_id,
    items.seller_id as customer_key
from items
inner join orders
    on items.order_id = orders.order_id
inner join deals
    on items.seller_id = deals.seller_id
