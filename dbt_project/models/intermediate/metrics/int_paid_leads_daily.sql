-- How soon leads pay: their first money beside their creation, for shares of leads that paid by a
-- date. int_leads_daily counts who has paid to date.
with

leads as (
    select lead_id, created_date, manager_id, channel from {{ ref('int_leads') }}
),

first_money as (
    select lead_id, min({{ business_date('first_paid_at') }}) as first_paid_date
    from {{ ref('int_deals') }}
    where lead_id is not null and paid_amount > 0
    group by lead_id
),

int_paid_leads_daily as (
    select
        leads.created_date as metric_date,
        first_money.first_paid_date,
        leads.manager_id,
        leads.channel,
        count(*)::integer as paid_leads_count
    from leads
    inner join first_money
        on leads.lead_id = first_money.lead_id
    group by leads.created_date, first_money.first_paid_date, leads.manager_id, leads.channel
)

select * from int_paid_leads_daily
