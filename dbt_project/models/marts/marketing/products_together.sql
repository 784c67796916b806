-- What is worth offering to whom has bought something: pairs of products that the same customers
-- buy, and how much more often than by chance. A wholesaler's document often holds one product, so
-- together is what a customer ever bought.
with

lines as (
    select customer_id, product_id from {{ ref('int_shipment_lines') }}
    where quantity > 0 and customer_id is not null
    group by customer_id, product_id
),

products as (
    select product_id, product_name from {{ ref('int_products') }}
),

all_buyers as (
    select count(distinct customer_id)::integer as buyers_count from lines
),

buyers as (
    select product_id, count(*)::integer as buyers_count from lines
    group by product_id
),

pairs as (
    select
        lines.product_id,
        other_lines.product_id as other_product_id,
        count(*)::integer as both_buyers_count
    from lines
    inner join lines as other_lines
        on lines.customer_id = other_lines.customer_id
        and lines.product_id <> other_lines.product_id
    group by lines.product_id, other_lines.product_id
),

products_together as (
    select
        pairs.product_id,
        products.product_name,
        pairs.other_product_id,
        other_products.product_name as other_product_name,
        buyers.buyers_count,
        other_buyers.buyers_count as other_buyers_count,
        pairs.both_buyers_count,
        {{ quotient('pairs.both_buyers_count', 'all_buyers.buyers_count') }} as support_share,
        {{ quotient('pairs.both_buyers_count', 'buyers.buyers_count') }} as confidence_share,
        {{ quotient(
            'pairs.both_buyers_count * all_buyers.buyers_count',
            'buyers.buyers_count * other_buyers.buyers_count',
        ) }} as lift_ratio
    from pairs
    cross join all_buyers
    inner join buyers
        on pairs.product_id = buyers.product_id
    inner join buyers as other_buyers
        on pairs.other_product_id = other_buyers.product_id
    left join products
        on pairs.product_id = products.product_id
    left join products as other_products
        on pairs.other_product_id = other_products.product_id
    where pairs.both_buyers_count >= {{ var('together_min_customers') }}
)

select * from products_together
