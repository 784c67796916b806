-- The first reason, in the agreed order, for which a deal does not count.
with

deals as (
    select * from {{ ref('int_deals_with_customers') }}
),

own_employees as (
    select person_id from {{ ref('int_persons_employed_by_us') }}
),

exclusion_rules as (
    select field, pattern, excluded_reason from {{ ref('exclusion_rules') }}
),

reasons_given as (
    {{ reasons_given('deals', 'deal_id') }}
),

int_deals_with_exclusions as (
    select
        deals.*,
        case
            when deals.is_deleted then 'deleted_in_crm'
            when deals.is_test or reasons_given.is_test then 'test'
            when own_employees.person_id is not null then 'own_employee'
            when reasons_given.is_spam then 'spam'
            when reasons_given.is_not_a_buyer then 'not_a_buyer'
        end as excluded_reason
    from deals
    left join own_employees
        on deals.person_id = own_employees.person_id
    left join reasons_given
        on deals.deal_id = reasons_given.deal_id
)

select * from int_deals_with_exclusions
