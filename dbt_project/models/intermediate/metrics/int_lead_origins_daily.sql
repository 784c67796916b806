-- The measures of int_leads_daily, told further apart: by campaign, city and client type.
with

leads as (
    select
        lead_id,
        created_date,
        manager_id,
        channel,
        {{ utm_word('utm_source') }} as utm_source,
        {{ utm_word('utm_campaign') }} as utm_campaign,
        {{ listed_value('city', 'city') }} as city,
        {{ listed_value('client_type', 'client_type') }} as client_type,
        lead_kind,
        is_qualified,
        has_proposal,
        is_won
    from {{ ref('int_leads') }}
),

lead_proceeds as (
    select * from {{ ref('int_lead_proceeds') }}
),

int_lead_origins_daily as (
    select
        leads.created_date as metric_date,
        leads.manager_id,
        leads.channel,
        leads.utm_source,
        leads.utm_campaign,
        leads.city,
        leads.client_type,
        {{ lead_measures('leads', 'lead_proceeds') }}
    from leads
    inner join lead_proceeds
        on leads.lead_id = lead_proceeds.lead_id
    group by
        leads.created_date,
        leads.manager_id,
        leads.channel,
        leads.utm_source,
        leads.utm_campaign,
        leads.city,
        leads.client_type
)

select * from int_lead_origins_daily
