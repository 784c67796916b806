with

calls as (
    select * from {{ ref('int_call_records_joined') }}
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

crm_leads as (
    select inbox_item_id as crm_lead_id, person_record_id
    from {{ ref('int_inbox_items_unioned') }}
),

identifiers as (
    select record_id, identifier from {{ ref('int_person_identifiers_collected') }}
    where starts_with(identifier, 'phone:')
),

deals as (
    select
        deal_id,
        person_id,
        customer_id,
        was_ever_in_sales,
        created_at,
        coalesce(final_stage_entered_at, closed_at, deleted_at, 'infinity') as ended_at
    from {{ ref('int_deals_with_exclusions') }}
),

-- A number that several persons share tells none of them.
persons_of_phones as (
    select identifiers.identifier, min(person_records.person_id) as person_id
    from identifiers
    inner join person_records
        on identifiers.record_id = person_records.record_id
    group by identifiers.identifier
    having count(distinct person_records.person_id) = 1
),

calls_of_persons as (
    select
        calls.*,
        coalesce(
            of_contact.person_id,
            deals.person_id,
            of_crm_lead.person_id,
            of_call.person_id,
            persons_of_phones.person_id
        ) as person_id
    from calls
    left join person_records as of_contact
        on calls.contact_id = of_contact.record_id
    left join deals
        on calls.deal_id = deals.deal_id
    left join crm_leads
        on calls.crm_lead_id = crm_leads.crm_lead_id
    left join person_records as of_crm_lead
        on crm_leads.person_record_id = of_crm_lead.record_id
    left join person_records as of_call
        on calls.call_id = of_call.record_id
    left join persons_of_phones
        on 'phone:' || calls.phone = persons_of_phones.identifier
),

-- What nobody filed under a deal is about the one deal its person had open then, or that was being
-- made of it. Two such deals are none.
deals_talked_about as (
    select calls_of_persons.call_id, min(deals.deal_id) as deal_id
    from calls_of_persons
    inner join deals
        on calls_of_persons.person_id = deals.person_id
        and deals.was_ever_in_sales
        and deals.created_at
        <= calls_of_persons.ended_at + interval '{{ var("same_event_minutes") }} minutes'
        and calls_of_persons.started_at < deals.ended_at
    where calls_of_persons.deal_id is null
    group by calls_of_persons.call_id
    having count(*) = 1
),

customers_of_persons as (
    select distinct on (person_id) person_id, customer_id
    from deals
    order by person_id, created_at desc, deal_id
),

-- Who could not reach us is reached once we ring, or once they ring again and somebody answers: by
-- the same number or the same person's.
next_contacts as (
    select
        call_id,
        least(
            case
                when phone is not null
                    then min(started_at) filter (where call_direction = 'out') over same_phone
            end,
            case
                when person_id is not null
                    then min(started_at) filter (where call_direction = 'out') over same_person
            end
        ) as rung_at,
        least(
            case
                when phone is not null
                    then min(started_at) filter (where call_direction = 'in' and is_answered)
                        over same_phone
            end,
            case
                when person_id is not null
                    then min(started_at) filter (where call_direction = 'in' and is_answered)
                        over same_person
            end
        ) as rang_again_at
    from calls_of_persons
    window
        same_phone as (
            partition by phone
            order by started_at desc, call_id desc
            rows between unbounded preceding and 1 preceding
        ),
        same_person as (
            partition by person_id
            order by started_at desc, call_id desc
            rows between unbounded preceding and 1 preceding
        )
),

missed_calls as (
    select
        calls_of_persons.call_id,
        calls_of_persons.started_at,
        case
            when next_contacts.rung_at < coalesce(next_contacts.rang_again_at, 'infinity')
                then next_contacts.rung_at
        end as called_back_at,
        coalesce(
            least(next_contacts.rung_at, next_contacts.rang_again_at), {{ business_now() }}
        ) as waited_until_at
    from calls_of_persons
    inner join next_contacts
        on calls_of_persons.call_id = next_contacts.call_id
    where calls_of_persons.call_direction = 'in' and not calls_of_persons.is_answered
),

missed_calls_timed as (
    {{ with_business_minutes('missed_calls', 'started_at', 'waited_until_at', 'waited_minutes') }}
),

int_calls as (
    select
        calls_of_persons.call_id,
        calls_of_persons.source_name,
        calls_of_persons.call_direction,
        calls_of_persons.started_at,
        {{ business_date('calls_of_persons.started_at') }} as started_date,
        calls_of_persons.ended_at,
        calls_of_persons.is_answered,
        calls_of_persons.call_seconds,
        calls_of_persons.wait_seconds,
        calls_of_persons.call_seconds >= {{ var('effective_call_seconds') }} as is_effective,
        calls_of_persons.phone,
        calls_of_persons.called_number,
        coalesce(calls_of_persons.manager_id, 'unassigned') as manager_id,
        calls_of_persons.person_id,
        coalesce(
            deals.customer_id,
            customers_of_persons.customer_id,
            'person:' || calls_of_persons.person_id
        ) as customer_id,
        coalesce(calls_of_persons.deal_id, deals_talked_about.deal_id) as deal_id,
        calls_of_persons.call_keys,
        calls_of_persons.note_ids,
        calls_of_persons.is_linked,
        calls_of_persons.recording_url,
        missed_calls_timed.called_back_at,
        case
            when missed_calls_timed.called_back_at is not null
                then round(missed_calls_timed.waited_minutes, 2)
        end as callback_minutes,
        coalesce(
            missed_calls_timed.waited_minutes > {{ var('call_back_minutes') }}, false
        ) as is_lost,
        false as is_deleted
    from calls_of_persons
    left join deals_talked_about
        on calls_of_persons.call_id = deals_talked_about.call_id
    left join deals
        on coalesce(calls_of_persons.deal_id, deals_talked_about.deal_id) = deals.deal_id
    left join customers_of_persons
        on calls_of_persons.person_id = customers_of_persons.person_id
    left join missed_calls_timed
        on calls_of_persons.call_id = missed_calls_timed.call_id
)

select * from int_calls
