-- How soon leads pay: their first money beside their creation, for shares of leads that paid by a
-- date. int_leads_daily counts who has paid to date.
with

paid_leads as (
    select created_date, reached_date, manager_id, channel from {{ ref('int_lead_steps') }}
    where step = 'paid'
),

int_paid_leads_daily as (
    select
        created_date as metric_date,
        reached_date as first_paid_date,
        manager_id,
        channel,
        count(*)::integer as paid_leads_count
    from paid_leads
    group by created_date, reached_date, manager_id, channel
)

select * from int_paid_leads_daily
