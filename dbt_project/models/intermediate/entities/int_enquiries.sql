with

enquiry_records as (
    select * from {{ ref('int_enquiry_records_grouped') }}
),

deals as (
    select
        deal_id,
        crm_lead_id,
        person_id,
        customer_id,
        created_at,
        excluded_reason,
        source_word,
        utm_source,
        utm_medium,
        utm_campaign,
        city,
        client_type
    from {{ ref('int_deals_with_exclusions') }}
),

persons as (
    select person_id, is_own_employee from {{ ref('int_persons') }}
),

person_customers as (
    select person_id, customer_id
    from (
        select
            person_id,
            customer_id,
            row_number() over (partition by person_id order by created_at desc, deal_id) as recency
        from deals
    ) as deals_by_recency
    where recency = 1
),

export_leads as (
    select
        export_lead_id,
        source_word,
        utm_source,
        utm_medium,
        utm_campaign,
        city,
        client_type
    from {{ ref('stg_exports__leads') }}
),

calls as (
    select call_id, called_number from {{ ref('int_call_records_joined') }}
    where called_number is not null
),

inbox_items as (
    select * from {{ ref('int_inbox_items_with_exclusions') }}
    where is_card
),

enquiries as (
    select
        enquiry_records.enquiry_id,
        enquiry_records.person_id,
        enquiry_records.is_inbound,
        min(enquiry_records.created_at) as created_at,
        count(*)::integer as records_count,
        array_remove(array_agg(distinct enquiry_records.deal_id), null) as deal_ids,
        -- What announced the event knows best how it came; a deal made by hand knows least.
        (array_agg(
            enquiry_records.enquiry_kind
            order by
                case enquiry_records.record_type
                    when 'unsorted' then 1
                    when 'crm_lead' then 1
                    when 'export' then 2
                    when 'call' then 3
                    else 4
                end,
                enquiry_records.created_at
        ))[1] as enquiry_kind
    from enquiry_records
    group by enquiry_records.enquiry_id, enquiry_records.person_id, enquiry_records.is_inbound
),

-- What its records say of where it came from: the first deal that says anything, else the
-- export or the CRM's lead.
origins as (
    select distinct on (enquiry_records.enquiry_id)
        enquiry_records.enquiry_id,
        coalesce(deals.source_word, export_leads.source_word, inbox_items.source_word)
            as source_word,
        coalesce(deals.utm_source, export_leads.utm_source, inbox_items.utm_source) as utm_source,
        coalesce(deals.utm_medium, export_leads.utm_medium, inbox_items.utm_medium) as utm_medium,
        coalesce(deals.utm_campaign, export_leads.utm_campaign, inbox_items.utm_campaign)
            as utm_campaign,
        coalesce(deals.city, export_leads.city) as city,
        coalesce(deals.client_type, export_leads.client_type) as client_type
    from enquiry_records
    left join deals
        on enquiry_records.deal_id = deals.deal_id
    left join export_leads
        on enquiry_records.record_id = export_leads.export_lead_id
    left join inbox_items
        on enquiry_records.record_id = inbox_items.inbox_item_id
    order by
        enquiry_records.enquiry_id,
        coalesce(
            deals.source_word,
            deals.utm_source,
            export_leads.source_word,
            export_leads.utm_source,
            inbox_items.source_word,
            inbox_items.utm_source
        ) is null,
        inbox_items.inbox_item_id is not null,
        enquiry_records.created_at,
        enquiry_records.record_id
),

called_numbers as (
    select distinct on (enquiry_records.enquiry_id)
        enquiry_records.enquiry_id,
        calls.called_number
    from enquiry_records
    inner join calls
        on enquiry_records.record_id = calls.call_id
    order by enquiry_records.enquiry_id, enquiry_records.created_at, enquiry_records.record_id
),

enquiry_deals as (
    select
        enquiries.enquiry_id,
        deals.deal_id,
        deals.customer_id,
        deals.created_at,
        deals.excluded_reason
    from enquiries
    cross join lateral unnest(enquiries.deal_ids) as deal (id)
    inner join deals
        on deal.id = deals.deal_id
),

-- A CRM's lead that no deal came of is judged like a deal.
enquiry_leads as (
    select enquiry_records.enquiry_id, inbox_items.excluded_reason
    from enquiry_records
    inner join inbox_items
        on enquiry_records.record_id = inbox_items.inbox_item_id
    where not exists (
        select 1 from deals where deals.crm_lead_id = inbox_items.inbox_item_id
    )
),

-- An enquiry is excluded only if all its deals are, by the first of their reasons as agreed.
exclusions as (
    select
        enquiry_id,
        (array_agg(
            excluded_reason
            order by
                array_position(
                    array['deleted_in_crm', 'test', 'own_employee', 'spam', 'not_a_buyer'],
                    excluded_reason
                )
        ))[1] as excluded_reason
    from (
        select enquiry_id, excluded_reason from enquiry_deals
        union all
        select enquiry_id, excluded_reason from enquiry_leads
    ) as judged
    group by enquiry_id
    having bool_and(excluded_reason is not null)
),

first_deals as (
    select distinct on (enquiry_id) enquiry_id, customer_id
    from enquiry_deals
    order by enquiry_id, created_at, deal_id
),

int_enquiries as (
    select
        enquiries.enquiry_id,
        enquiries.person_id,
        coalesce(
            first_deals.customer_id, person_customers.customer_id, 'person:' || enquiries.person_id
        ) as customer_id,
        enquiries.created_at,
        {{ business_date('enquiries.created_at') }} as created_date,
        enquiries.enquiry_kind,
        enquiries.is_inbound,
        {{
            channel_of(
                'origins',
                business_date('enquiries.created_at'),
                called_number='called_numbers.called_number'
            )
        }} as channel,
        origins.utm_source,
        origins.utm_campaign,
        origins.city,
        origins.client_type,
        enquiries.deal_ids,
        enquiries.records_count,
        coalesce(
            exclusions.excluded_reason,
            case when persons.is_own_employee then 'own_employee' end
        ) as excluded_reason,
        coalesce(exclusions.excluded_reason = 'deleted_in_crm', false) as is_deleted
    from enquiries
    inner join persons
        on enquiries.person_id = persons.person_id
    left join origins
        on enquiries.enquiry_id = origins.enquiry_id
    left join called_numbers
        on enquiries.enquiry_id = called_numbers.enquiry_id
    left join exclusions
        on enquiries.enquiry_id = exclusions.enquiry_id
    left join first_deals
        on enquiries.enquiry_id = first_deals.enquiry_id
    left join person_customers
        on enquiries.person_id = person_customers.person_id
)

select * from int_enquiries
