-- Every movement of money with a customer the accounting knows. Only rows without
-- `payment_excluded_reason` are payments in the agreed sense.
with

money_movements as (
    select
        movement_id,
        counterparty_id,
        document_at,
        document_amount,
        document_currency_code,
        operation_kind,
        is_posted,
        is_deleted
    from {{ ref('stg_onec__money_movements') }}
),

counterparties as (
    select counterparty_id, customer_id from {{ ref('int_counterparties_with_customers') }}
),

export_payments as (
    select
        payment_id,
        tax_number,
        export_customer_id,
        paid_at,
        document_amount,
        document_currency_code,
        operation_kind,
        is_posted,
        is_deleted
    from {{ ref('stg_exports__payments') }}
),

operation_kinds as (
    select source_name, operation_kind, is_sales_money from {{ ref('operation_kinds') }}
),

currency_rates as (
    select rated_currency_code, rate_date, rate_amount from {{ ref('int_currency_rates_daily') }}
),

from_onec as (
    select
        money_movements.movement_id as payment_id,
        'onec' as source_name,
        coalesce(counterparties.customer_id, 'counterparty:' || money_movements.counterparty_id)
            as customer_id,
        money_movements.document_at as paid_at,
        money_movements.document_amount,
        money_movements.document_currency_code,
        money_movements.operation_kind,
        money_movements.is_posted,
        money_movements.is_deleted
    from money_movements
    left join counterparties
        on money_movements.counterparty_id = counterparties.counterparty_id
),

from_exports as (
    select
        payment_id,
        'exports' as source_name,
        coalesce({{ tax_customer_id('tax_number') }}, 'customer:' || export_customer_id)
            as customer_id,
        paid_at,
        document_amount,
        document_currency_code,
        operation_kind,
        is_posted,
        is_deleted
    from export_payments
),

every_movement as (
    select * from from_onec
    union all
    select * from from_exports
),

int_payments as (
    select
        every_movement.payment_id,
        every_movement.customer_id,
        every_movement.paid_at,
        {{ business_date('every_movement.paid_at') }} as paid_date,
        every_movement.document_amount,
        every_movement.document_currency_code,
        -- Without a rate of its day a foreign document has no amount, and the not_null test stops
        -- the run: never a rate of 1.
        case
            when every_movement.document_currency_code = '{{ company_currency() }}'
                then every_movement.document_amount
            else round(every_movement.document_amount * currency_rates.rate_amount, 2)
        end as paid_amount,
        every_movement.document_amount < 0 as is_refund,
        every_movement.operation_kind,
        every_movement.is_posted,
        every_movement.is_deleted,
        case
            when every_movement.is_deleted then 'marked_for_deletion'
            when not every_movement.is_posted then 'not_posted'
            when every_movement.operation_kind is not null
                and not coalesce(operation_kinds.is_sales_money, false)
                then 'not_sales_money'
        end as payment_excluded_reason
    from every_movement
    left join operation_kinds
        on every_movement.source_name = operation_kinds.source_name
        and every_movement.operation_kind = operation_kinds.operation_kind
    left join currency_rates
        on every_movement.document_currency_code = currency_rates.rated_currency_code
        and {{ business_date('every_movement.paid_at') }} = currency_rates.rate_date
)

select * from int_payments
