with

int_products as (
    select product_id, product_code, sku, product_name, is_service, is_deleted
    from {{ ref('stg_onec__products') }}
)

select * from int_products
