-- What customers asked of service: every deal that ever stood in a service pipeline, from when it
-- came there. Its last service stage tells whether it is resolved; moved back to work it is open
-- again. The clock stands still while whose request it is is on leave.
with

deals as (
    select
        deal_id,
        person_id,
        customer_id,
        manager_id,
        stage_id,
        created_at,
        excluded_reason,
        is_deleted,
        deal_url
    from {{ ref('int_deals_with_exclusions') }}
),

leads as (
    select person_id, created_at, channel from {{ ref('int_leads') }}
),

ratings as (
    select deal_id, service_rating from {{ ref('stg_amocrm__deals') }}
    union all
    select deal_id, service_rating from {{ ref('stg_bitrix24__deals') }}
),

service_stages as (
    select stage_id, service_status from {{ ref('int_stages_with_meaning') }}
    where pipeline_kind = 'service'
),

stage_changes as (
    select event_id, deal_id, from_stage_id, to_stage_id, changed_at
    from {{ ref('int_stage_changes_unioned') }}
),

calls as (
    select person_id, started_at from {{ ref('int_calls') }}
    where call_seconds >= {{ var('contact_call_seconds') }}
),

messages as (
    select deal_id, person_id, acted_at from {{ ref('int_activities') }}
    where act_kind = 'message' and is_by_human
),

first_changes as (
    select distinct on (deal_id) deal_id, from_stage_id
    from stage_changes
    order by deal_id, changed_at, event_id
),

stays as (
    select
        deals.deal_id,
        coalesce(first_changes.from_stage_id, deals.stage_id) as stage_id,
        deals.created_at as entered_at,
        '' as event_id
    from deals
    left join first_changes
        on deals.deal_id = first_changes.deal_id
    union all
    select deal_id, to_stage_id, changed_at, event_id from stage_changes
),

service_stays as (
    select
        stays.deal_id,
        min(stays.entered_at) over (partition by stays.deal_id) as opened_at,
        stays.entered_at,
        stays.event_id,
        service_stages.service_status
    from stays
    inner join service_stages
        on stays.stage_id = service_stages.stage_id
),

last_service_stays as (
    select distinct on (deal_id) deal_id, opened_at, entered_at, service_status
    from service_stays
    order by deal_id, entered_at desc, event_id desc
),

requests as (
    select
        deals.*,
        last_service_stays.opened_at,
        last_service_stays.service_status,
        case when last_service_stays.service_status <> 'open' then last_service_stays.entered_at end
            as resolved_at
    from last_service_stays
    inner join deals
        on last_service_stays.deal_id = deals.deal_id
),

-- A reply is a conversation with the person, whoever rang, or a message; a stage moved is none.
replies as (
    select requests.deal_id, calls.started_at as replied_at
    from requests
    inner join calls
        on requests.person_id = calls.person_id
        and requests.opened_at <= calls.started_at
    union all
    select requests.deal_id, messages.acted_at
    from requests
    inner join messages
        on requests.deal_id = messages.deal_id
        and requests.opened_at <= messages.acted_at
    union all
    select requests.deal_id, messages.acted_at
    from requests
    inner join messages
        on requests.person_id = messages.person_id
        and requests.opened_at <= messages.acted_at
),

first_replies as (
    select deal_id, min(replied_at) as first_reply_at
    from replies
    group by deal_id
),

requests_answered as (
    select requests.*, first_replies.first_reply_at
    from requests
    left join first_replies
        on requests.deal_id = first_replies.deal_id
),

requests_with_reply_minutes as (
    {{ with_business_minutes(
        'requests_answered', 'opened_at', 'first_reply_at', 'first_reply_minutes',
        leave=ref('int_leave_days'), person='manager_id'
    ) }}
),

requests_timed as (
    {{ with_business_minutes(
        'requests_with_reply_minutes', 'opened_at', 'resolved_at', 'resolution_minutes',
        leave=ref('int_leave_days'), person='manager_id'
    ) }}
),

-- How the customer once came to us: through the channel of the last lead before the request.
leads_before as (
    select distinct on (requests_timed.deal_id) requests_timed.deal_id, leads.channel
    from requests_timed
    inner join leads
        on requests_timed.person_id = leads.person_id
        and requests_timed.opened_at >= leads.created_at
    order by requests_timed.deal_id, leads.created_at desc
),

int_service_requests as (
    select
        requests_timed.deal_id as service_request_id,
        requests_timed.person_id,
        requests_timed.customer_id,
        coalesce(requests_timed.manager_id, 'unassigned') as manager_id,
        coalesce(leads_before.channel, '(blank)') as channel,
        requests_timed.opened_at,
        {{ business_date('requests_timed.opened_at') }} as opened_date,
        requests_timed.first_reply_at,
        round(requests_timed.first_reply_minutes, 2) as first_reply_minutes,
        requests_timed.service_status,
        requests_timed.resolved_at,
        round(requests_timed.resolution_minutes, 2) as resolution_minutes,
        ratings.service_rating,
        requests_timed.excluded_reason as request_excluded_reason,
        requests_timed.is_deleted,
        requests_timed.deal_url
    from requests_timed
    left join ratings
        on requests_timed.deal_id = ratings.deal_id
    left join leads_before
        on requests_timed.deal_id = leads_before.deal_id
)

select * from int_service_requests
