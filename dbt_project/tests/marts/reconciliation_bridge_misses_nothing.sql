-- The bridge counts entities; a row lost before it got there would close all the same. So its
-- numbers, and the entities it stands on, are counted once more from what the sources said.
with

bridge_totals as (
    select step, sum(row_count) as row_count
    from {{ ref('reconciliation_bridge') }}
    where grain = 'month'
    group by step
),

movements as (
    select is_posted, is_deleted, operation_kind, 'onec' as source_name
    from {{ ref('stg_onec__money_movements') }}
    union all
    select is_posted, is_deleted, operation_kind, 'exports'
    from {{ ref('stg_exports__payments') }}
),

sales_kinds as (
    select source_name, operation_kind from {{ ref('operation_kinds') }}
    where is_sales_money
),

pairs as (
    select
        'inbound enquiries' as what,
        (select row_count from bridge_totals where step = 'enquiries') as in_the_bridge,
        (
            select count(distinct enquiry_id) from {{ ref('int_enquiry_records_grouped') }}
            where is_inbound
        ) as in_the_sources
    union all
    select
        'payments',
        (select row_count from bridge_totals where step = 'payments'),
        (
            select count(*)
            from movements
            left join sales_kinds
                on movements.source_name = sales_kinds.source_name
                and movements.operation_kind = sales_kinds.operation_kind
            where
                movements.is_posted
                and not movements.is_deleted
                and (movements.operation_kind is null or sales_kinds.operation_kind is not null)
        )
    union all
    select
        'deals ever in sales',
        (select count(*) from {{ ref('int_deals') }}),
        (select count(*) from {{ ref('int_deals_with_exclusions') }} where was_ever_in_sales)
    union all
    select
        'enquiries of leads',
        (select sum(cardinality(enquiry_ids)) from {{ ref('int_leads') }}),
        (
            select count(*) from {{ ref('int_enquiries') }}
            where is_inbound and excluded_reason is null
        )
    union all
    select
        'money of deals, in kopecks',
        (select round(100 * sum(allocated_amount)) from {{ ref('int_payment_allocations') }}),
        (select round(100 * sum(paid_amount)) from {{ ref('int_deals') }})
)

select *
from pairs
where coalesce(in_the_bridge, 0) <> coalesce(in_the_sources, 0)
