-- A deal's money is its lead's, whenever it came: by this a period's leads are worth what they are.
-- A lead none of whose deals has a margin has none either.
with

leads as (
    select lead_id, created_date, manager_id, channel, is_deleted from {{ ref('int_leads') }}
),

deals as (
    select lead_id, paid_amount, margin_amount, is_margin_missing from {{ ref('int_deals') }}
),

int_lead_proceeds as (
    select
        leads.lead_id,
        leads.created_date,
        leads.manager_id,
        leads.channel,
        coalesce(sum(deals.paid_amount), 0)::numeric(18, 2) as cohort_revenue_amount,
        sum(deals.margin_amount)::numeric(18, 2) as cohort_margin_amount,
        (count(*) filter (where deals.paid_amount > 0))::integer as cohort_paid_deals_count,
        (count(*) filter (where deals.is_margin_missing))::integer as margin_missing_count,
        leads.is_deleted
    from leads
    left join deals
        on leads.lead_id = deals.lead_id
    group by
        leads.lead_id,
        leads.created_date,
        leads.manager_id,
        leads.channel,
        leads.is_deleted
)

select * from int_lead_proceeds
