-- Cohort measures of leads, by the day the lead was created. Shares are ratios of these counts.
with

leads as (
    select
        lead_id,
        created_date,
        manager_id,
        channel,
        lead_kind,
        is_qualified,
        has_proposal,
        is_won
    from {{ ref('int_leads') }}
),

lead_proceeds as (
    select
        lead_id,
        cohort_revenue_amount,
        cohort_margin_amount,
        cohort_paid_deals_count,
        margin_missing_count
    from {{ ref('int_lead_proceeds') }}
),

int_leads_daily as (
    select
        leads.created_date as metric_date,
        leads.manager_id,
        leads.channel,
        {{ lead_measures('leads', 'lead_proceeds') }}
    from leads
    inner join lead_proceeds
        on leads.lead_id = lead_proceeds.lead_id
    group by leads.created_date, leads.manager_id, leads.channel
)

select * from int_leads_daily
