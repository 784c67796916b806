-- The records one inbound event may leave (item of the inbox, deal, inbound call), each with the
-- person, and which of them are one enquiry: a shared deal, lead or call id says so outright; else
-- the same person within a few minutes.
with

deals_of_any_pipeline as (
    select
        deal_id,
        export_lead_id,
        crm_lead_id,
        person_id,
        pipeline_kind,
        was_ever_in_sales,
        tags,
        source_word,
        utm_source,
        created_at,
        final_stage_entered_at,
        closed_at,
        deleted_at
    from {{ ref('int_deals_with_exclusions') }}
),

deals as (
    select * from deals_of_any_pipeline
    where was_ever_in_sales or pipeline_kind = 'warming'
),

inbox_items as (
    select * from {{ ref('int_inbox_items_unioned') }}
),

calls as (
    select call_id, person_id, call_keys, started_at from {{ ref('int_calls') }}
    where call_direction = 'in' and person_id is not null
),

pipeline_kinds as (
    select pipeline_id, min(pipeline_kind) as pipeline_kind
    from {{ ref('int_stages_with_meaning') }}
    group by pipeline_id
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

export_leads as (
    select export_lead_id, person_record_id, created_at from {{ ref('stg_exports__leads') }}
),

kind_rules as (
    select * from {{ ref('enquiry_kind_rules') }}
),

deal_kinds as (
    select distinct on (deals.deal_id)
        deals.deal_id,
        kind_rules.enquiry_kind,
        kind_rules.is_inbound
    from deals
    inner join kind_rules
        on (kind_rules.field = 'tag' and kind_rules.pattern = any(deals.tags))
        or (kind_rules.field = 'source_word' and lower(deals.source_word) like kind_rules.pattern)
    order by deals.deal_id, kind_rules.priority
),

deal_records as (
    select
        'deal' as record_type,
        deals.deal_id as record_id,
        deals.person_id,
        deals.created_at,
        coalesce(deals.export_lead_id, deals.crm_lead_id, deals.deal_id) as event_key,
        deals.deal_id,
        coalesce(
            deal_kinds.enquiry_kind,
            case
                when deals.utm_source is not null or deals.export_lead_id is not null then 'form'
            end,
            'manual'
        ) as enquiry_kind,
        coalesce(deal_kinds.is_inbound, true) as is_inbound
    from deals
    left join deal_kinds
        on deals.deal_id = deal_kinds.deal_id
),

deals_of_leads as (
    select
        crm_lead_id,
        min(person_id) as person_id,
        bool_or(was_ever_in_sales or pipeline_kind = 'warming') as is_selling
    from deals_of_any_pipeline
    where crm_lead_id is not null
    group by crm_lead_id
),

inbox_records as (
    select
        inbox_items.record_type,
        inbox_items.inbox_item_id as record_id,
        coalesce(deals.person_id, deals_of_leads.person_id, person_records.person_id) as person_id,
        inbox_items.created_at,
        coalesce(inbox_items.deal_id, inbox_items.inbox_item_id) as event_key,
        deals.deal_id,
        inbox_items.enquiry_kind,
        inbox_items.is_inbound
    from inbox_items
    left join deals
        on inbox_items.deal_id = deals.deal_id
    left join deals_of_leads
        on inbox_items.inbox_item_id = deals_of_leads.crm_lead_id
    left join person_records
        on inbox_items.person_record_id = person_records.record_id
    left join pipeline_kinds
        on inbox_items.pipeline_id = pipeline_kinds.pipeline_id
    where
        coalesce(pipeline_kinds.pipeline_kind, 'sales') in ('sales', 'warming')
        and coalesce(deals_of_leads.is_selling, true)
),

export_records as (
    select
        'export' as record_type,
        export_leads.export_lead_id as record_id,
        person_records.person_id,
        export_leads.created_at,
        export_leads.export_lead_id as event_key,
        null::text as deal_id,
        'form' as enquiry_kind,
        true as is_inbound
    from export_leads
    inner join person_records
        on export_leads.person_record_id = person_records.record_id
),

-- One call is announced once, whatever the exchange sent twice.
announcements as (
    select distinct on (call_key) call_key, deal_id, inbox_item_id
    from inbox_items
    where call_key is not null
    order by call_key, created_at, inbox_item_id
),

calls_announced as (
    select distinct on (calls.call_id)
        calls.call_id,
        announcements.deal_id,
        announcements.inbox_item_id
    from calls
    cross join lateral unnest(calls.call_keys) as known (call_key)
    inner join announcements
        on known.call_key = announcements.call_key
    order by calls.call_id, announcements.inbox_item_id
),

calls_about_open_deals as (
    select distinct calls.call_id
    from calls
    inner join deals_of_any_pipeline as deals
        on calls.person_id = deals.person_id
        and calls.started_at >= deals.created_at
        -- A deal deleted since was open until it was deleted: what was said then was about it. A
        -- service request is a deal too: who calls about a complaint does not ask to buy.
        and calls.started_at < coalesce(
            deals.final_stage_entered_at, deals.closed_at, deals.deleted_at, 'infinity'
        )
),

-- A call is an enquiry when the caller has no open deal at that moment; one that an item of the
-- inbox announced belongs to that event anyhow.
call_records as (
    select
        'call' as record_type,
        calls.call_id as record_id,
        calls.person_id,
        calls.started_at as created_at,
        coalesce(calls_announced.deal_id, calls_announced.inbox_item_id, calls.call_id)
            as event_key,
        null::text as deal_id,
        'call' as enquiry_kind,
        true as is_inbound
    from calls
    left join calls_announced
        on calls.call_id = calls_announced.call_id
    left join calls_about_open_deals
        on calls.call_id = calls_about_open_deals.call_id
    where calls_announced.call_id is not null or calls_about_open_deals.call_id is null
),

every_record as (
    select * from deal_records
    union all
    select * from inbox_records
    union all
    select * from export_records
    union all
    select * from call_records
),

events as (
    select
        event_key,
        min(person_id) as person_id,
        bool_and(is_inbound) as is_inbound,
        min(created_at) as created_at
    from every_record
    group by event_key
),

events_after_pauses as (
    select
        event_key,
        person_id,
        is_inbound,
        created_at,
        coalesce(
            created_at - lag(created_at) over persons_events
            > interval '{{ var("same_event_minutes") }} minutes',
            true
        ) as starts_enquiry
    from events
    window persons_events as (partition by person_id, is_inbound order by created_at, event_key)
),

events_numbered as (
    select
        event_key,
        person_id,
        is_inbound,
        sum(starts_enquiry::integer) over (
            partition by person_id, is_inbound
            order by created_at, event_key
            rows unbounded preceding
        ) as enquiry_number
    from events_after_pauses
),

int_enquiry_records_grouped as (
    select
        every_record.record_type,
        every_record.record_id,
        every_record.created_at,
        every_record.deal_id,
        every_record.enquiry_kind,
        events_numbered.is_inbound,
        events_numbered.person_id,
        -- The first record names the enquiry: what joins it later never renumbers it.
        first_value(every_record.record_id) over (
            partition by
                events_numbered.person_id,
                events_numbered.is_inbound,
                events_numbered.enquiry_number
            order by every_record.created_at, every_record.record_type desc, every_record.record_id
        ) as enquiry_id
    from every_record
    inner join events_numbered
        on every_record.event_key = events_numbered.event_key
)

select * from int_enquiry_records_grouped
