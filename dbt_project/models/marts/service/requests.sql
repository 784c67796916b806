-- What customers asked of service, what still waits for an answer, and how long the rest took.
with

service_requests as (
    select
        service_request_id,
        customer_id,
        manager_id,
        channel,
        opened_at,
        opened_date,
        first_reply_at,
        first_reply_minutes,
        service_status,
        resolved_at,
        resolution_minutes,
        service_rating,
        request_excluded_reason,
        deal_url
    from {{ ref('int_service_requests') }}
    where not is_deleted
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

requests as (
    select
        service_requests.service_request_id,
        customers.customer_name,
        service_requests.manager_id,
        managers.manager_name,
        managers.department_name,
        service_requests.channel,
        service_requests.opened_at,
        service_requests.opened_date,
        service_requests.first_reply_at,
        service_requests.first_reply_minutes,
        service_requests.first_reply_at is null and service_requests.resolved_at is null
            as is_waiting,
        service_requests.service_status,
        service_requests.resolved_at,
        round(service_requests.resolution_minutes / 60, 2) as resolution_hours,
        service_requests.service_rating,
        service_requests.request_excluded_reason,
        service_requests.deal_url
    from service_requests
    left join customers
        on service_requests.customer_id = customers.customer_id
    left join managers
        on service_requests.manager_id = managers.manager_id
)

select * from requests
