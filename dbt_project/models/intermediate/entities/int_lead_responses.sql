-- How long a lead waited for us: until the first act of a human towards the person that is a
-- contact (a talk, a message), and until the first that at least tried to be one. Minutes are those
-- of the business clock of whose lead it is, which stands still while he is on leave; those of the
-- calendar stand beside.
with

leads as (
    select
        lead_id,
        person_id,
        created_at,
        created_date,
        manager_id,
        channel,
        created_at - interval '{{ var("same_event_minutes") }} minutes' as contacts_count_from
    from {{ ref('int_leads') }}
    -- An export tells of no act, so nothing is known of how long anybody waited.
    where lead_id not like 'exports:%'
),

deals as (
    select deal_id, lead_id from {{ ref('int_deals') }}
    where lead_id is not null
),

calls as (
    select person_id, deal_id, call_direction, is_answered, call_seconds, manager_id, started_at
    from {{ ref('int_calls') }}
),

messages as (
    select person_id, deal_id, acted_at from {{ ref('int_activities') }}
    where act_kind = 'message' and is_by_human
),

-- What rang in and was answered is a contact as soon as it rang; what we rang is one when somebody
-- talked, and an attempt in any case.
contacts as (
    select
        person_id,
        deal_id,
        started_at as contacted_at,
        call_direction = 'in' or call_seconds >= {{ var('contact_call_seconds') }} as is_response
    from calls
    where (call_direction = 'in' and is_answered)
        or (call_direction = 'out' and manager_id <> 'unassigned')
    union all
    select person_id, deal_id, acted_at, true
    from messages
),

contacts_of_leads as (
    select leads.lead_id, contacts.contacted_at, contacts.is_response
    from leads
    inner join contacts
        on leads.person_id = contacts.person_id
        and contacts.contacted_at >= leads.contacts_count_from
    union all
    select leads.lead_id, contacts.contacted_at, contacts.is_response
    from leads
    inner join deals
        on leads.lead_id = deals.lead_id
    inner join contacts
        on deals.deal_id = contacts.deal_id
        and contacts.contacted_at >= leads.contacts_count_from
),

first_contacts as (
    select
        lead_id,
        min(contacted_at) filter (where is_response) as first_response_at,
        min(contacted_at) as first_attempt_at
    from contacts_of_leads
    group by lead_id
),

-- What came with the enquiry itself, a call that was answered, came at once.
waits as (
    select
        leads.lead_id,
        leads.created_at,
        leads.manager_id,
        case
            when first_contacts.first_response_at is not null
                then greatest(first_contacts.first_response_at, leads.created_at)
        end as first_response_at,
        case
            when first_contacts.first_attempt_at is not null
                then greatest(first_contacts.first_attempt_at, leads.created_at)
        end as first_attempt_at,
        {{ business_now() }} as now_at
    from leads
    left join first_contacts
        on leads.lead_id = first_contacts.lead_id
),

responses_timed as (
    {{ with_business_minutes(
        'waits', 'created_at', 'first_response_at', 'response_minutes',
        leave=ref('int_leave_days'), person='manager_id'
    ) }}
),

attempts_timed as (
    {{ with_business_minutes(
        'responses_timed', 'created_at', 'first_attempt_at', 'first_attempt_minutes',
        leave=ref('int_leave_days'), person='manager_id'
    ) }}
),

waits_timed as (
    {{ with_business_minutes(
        'attempts_timed', 'created_at', 'now_at', 'age_minutes',
        leave=ref('int_leave_days'), person='manager_id'
    ) }}
),

int_lead_responses as (
    select
        leads.lead_id,
        leads.created_date,
        leads.manager_id,
        leads.channel,
        waits_timed.first_response_at,
        waits_timed.first_attempt_at,
        round(waits_timed.response_minutes, 2) as response_minutes,
        round(
            extract(epoch from waits_timed.first_response_at - waits_timed.created_at) / 60, 2
        ) as response_calendar_minutes,
        round(waits_timed.first_attempt_minutes, 2) as first_attempt_minutes,
        waits_timed.first_response_at is null as is_waiting,
        -- Nobody can say yet of a lead that still waits and is younger than the promise.
        case
            when waits_timed.first_response_at is not null
                then waits_timed.response_minutes <= {{ var('response_sla_minutes') }}
            when waits_timed.age_minutes > {{ var('response_sla_minutes') }} then false
        end as is_within_sla,
        false as is_deleted
    from leads
    inner join waits_timed
        on leads.lead_id = waits_timed.lead_id
)

select * from int_lead_responses
