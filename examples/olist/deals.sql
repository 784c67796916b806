-- Olist's closed deals: every one is won. The deal is created with its lead; the declared monthly
-- revenue is the only amount anybody wrote down, mostly 0. sr_id is the closing sales representative.
with

deals as (
    select *
    from read_csv(
        getvariable('data') || '/funnel/olist_closed_deals_dataset.csv',
        header = true,
        quote = '"',
        types = {'declared_monthly_revenue': 'decimal(18, 2)', 'won_date': 'timestamp'}
    )
),

leads as (
    select mql_id, first_contact_date
    from read_csv(
        getvariable('data') || '/funnel/olist_marketing_qualified_leads_dataset.csv',
        header = true,
        types = {'first_contact_date': 'date'}
    )
)

select
    deals.mql_id as deal_id,
    deals.mql_id as lead_id,
    deals.business_segment as name,
    'won' as status,
    leads.first_contact_date as created_at,
    deals.won_date as closed_at,
    deals.declared_monthly_revenue as budget_amount,
    'BRL' as currency_code,
    deals.mql_id as person_key,
    deals.seller_id as customer_key,
    deals.sr_id as manager_id,
    false as is_deleted
from deals
inner join leads
    on deals.mql_id = leads.mql_id
