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

lead_money as (
    select
        lead_id,
        sum(paid_amount) as paid_amount,
        sum(margin_amount) as margin_amount,
        count(*) filter (where paid_amount > 0) as paid_deals_count,
        count(*) filter (where is_margin_missing) as margin_missing_count
    from {{ ref('int_deals') }}
    where lead_id is not null
    group by lead_id
),

int_leads_daily as (
    select
        leads.created_date as metric_date,
        leads.manager_id,
        leads.channel,
        count(*)::integer as leads_count,
        count(*) filter (where leads.lead_kind = 'new')::integer as new_leads_count,
        count(*) filter (where leads.is_qualified)::integer as qualified_leads_count,
        count(*) filter (where leads.has_proposal)::integer as proposal_leads_count,
        count(*) filter (where leads.is_won)::integer as won_leads_count,
        count(*) filter (where lead_money.paid_amount > 0)::integer as paid_leads_count,
        coalesce(sum(lead_money.paid_amount), 0) as cohort_revenue_amount,
        coalesce(sum(lead_money.margin_amount), 0) as cohort_margin_amount,
        coalesce(sum(lead_money.paid_deals_count), 0)::integer as cohort_paid_deals_count,
        coalesce(sum(lead_money.margin_missing_count), 0)::integer as margin_missing_count
    from leads
    left join lead_money
        on leads.lead_id = lead_money.lead_id
    group by leads.created_date, leads.manager_id, leads.channel
)

select * from int_leads_daily
