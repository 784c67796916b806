with

rates as (
    select * from {{ source('raw_onec', 'currency_rates') }}
),

currencies as (
    select account_name, ref_key, description from {{ source('raw_onec', 'currencies') }}
),

stg_onec__currency_rates as (
    select
        {{ source_key('onec', 'rates.account_name', 'rates.record_key') }} as currency_rate_id,
        rates.account_name,
        currencies.description as rated_currency_code,
        {{ business_date('rates.period_at') }} as rated_date,
        trim_scale(rates.rate / nullif(rates.per_units, 0)) as rate_amount,
        rates._gone_at is not null as is_deleted
    from rates
    left join currencies
        on rates.account_name = currencies.account_name
        and rates.currency_key = currencies.ref_key
)

select * from stg_onec__currency_rates
