with

every_call as (
    select * from {{ ref('int_calls') }}
    where not is_deleted
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

persons as (
    select person_id, person_name from {{ ref('int_persons') }}
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

deals as (
    select deal_id, lead_id, deal_name, deal_url from {{ ref('int_deals') }}
),

calls as (
    select
        every_call.call_id,
        every_call.started_at,
        every_call.started_date,
        every_call.call_direction,
        every_call.manager_id,
        managers.manager_name,
        managers.department_name,
        persons.person_name,
        customers.customer_name,
        every_call.phone,
        every_call.called_number,
        every_call.is_answered,
        every_call.is_effective,
        every_call.call_seconds,
        every_call.wait_seconds,
        every_call.is_lost,
        every_call.called_back_at,
        every_call.callback_minutes,
        every_call.is_linked,
        deals.lead_id,
        every_call.deal_id,
        deals.deal_name,
        deals.deal_url,
        every_call.recording_url
    from every_call
    left join managers
        on every_call.manager_id = managers.manager_id
    left join persons
        on every_call.person_id = persons.person_id
    left join customers
        on every_call.customer_id = customers.customer_id
    left join deals
        on every_call.deal_id = deals.deal_id
)

select * from calls
