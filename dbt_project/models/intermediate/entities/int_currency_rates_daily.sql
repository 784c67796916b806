-- What a unit of each currency is worth in the company's, on every date the accounting's register
-- says it: a rate holds until the next one, but no longer than a register somebody still feeds
-- would let it. A date without a rate has no row; nothing is ever taken for 1.
with

register as (
    select account_name, rated_currency_code, rated_date, rate_amount
    from {{ ref('stg_onec__currency_rates') }}
    where not is_deleted and rate_amount > 0
),

-- Of several bases the first by name.
rates as (
    select distinct on (rated_currency_code, rated_date)
        rated_currency_code,
        rated_date,
        rate_amount
    from register
    order by rated_currency_code, rated_date, account_name
),

rates_with_end as (
    select
        rated_currency_code,
        rated_date,
        rate_amount,
        least(
            lead(rated_date) over (
                partition by rated_currency_code order by rated_date
            ) - 1,
            rated_date + {{ var('currency_rate_valid_days') }},
            {{ business_date(business_now()) }}
        ) as last_date
    from rates
),

rates_by_day as (
    select
        rates_with_end.rated_currency_code,
        days.day::date as rate_date,
        rates_with_end.rated_date,
        rates_with_end.rate_amount
    from rates_with_end
    cross join lateral generate_series(
        rates_with_end.rated_date, rates_with_end.last_date, interval '1 day'
    ) as days (day)
),

company_rates as (
    select rate_date, rate_amount from rates_by_day
    where rated_currency_code = '{{ company_currency() }}'
),

-- The register's rates are in the currency of its base. Where that is another one than the
-- company's, the register rates the company's currency too, and both together give the rate.
int_currency_rates_daily as (
    select
        rates_by_day.rated_currency_code || ':' || rates_by_day.rate_date as currency_rate_id,
        rates_by_day.rated_currency_code,
        rates_by_day.rate_date,
        rates_by_day.rated_date,
        trim_scale(
            rates_by_day.rate_amount / coalesce(company_rates.rate_amount, 1)
        ) as rate_amount,
        false as is_deleted
    from rates_by_day
    left join company_rates
        on rates_by_day.rate_date = company_rates.rate_date
    where
        company_rates.rate_amount is not null
        or not exists (select from company_rates)
)

select * from int_currency_rates_daily
