-- The way of every lead to its money: each touch in order, who worked it, what its deal came to.
with

leads as (
    select
        lead_id,
        customer_id,
        created_at,
        created_date,
        lead_kind,
        channel,
        utm_campaign,
        city,
        client_type,
        manager_id,
        primary_deal_id,
        is_qualified,
        is_won
    from {{ ref('int_leads') }}
),

-- Every touch has a credit in this model.
credits as (
    select lead_id, touch_id, touch_number from {{ ref('int_touch_credits') }}
    where attribution_model = 'linear'
),

official_credits as (
    select distinct on (lead_id) lead_id, channel
    from {{ ref('int_touch_credits') }}
    where is_official
    order by lead_id, credit_share desc, touch_number desc
),

touches as (
    select touch_id, touched_at, channel, utm_campaign from {{ ref('int_touches') }}
),

steps as (
    select lead_id, step, reached_at, days_to_step from {{ ref('int_lead_steps') }}
    where step = 'paid'
),

deals as (
    select
        deal_id,
        deal_name,
        status,
        stage_name,
        loss_reason,
        deal_url
    from {{ ref('int_deals') }}
),

lead_proceeds as (
    select lead_id, cohort_revenue_amount, cohort_margin_amount from {{ ref('int_lead_proceeds') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

customers as (
    select customer_id, customer_name from {{ ref('int_customers') }}
),

ways as (
    select
        credits.lead_id,
        count(*)::integer as touches_count,
        min(touches.touched_at) as first_touched_at,
        max(touches.channel) filter (where credits.touch_number = 1) as first_touch_channel,
        string_agg(
            to_char({{ business_local('touches.touched_at') }}, 'DD.MM.YYYY ')
            || concat_ws(' / ', touches.channel, touches.utm_campaign),
            ' → '
            order by credits.touch_number
        ) as path
    from credits
    inner join touches
        on credits.touch_id = touches.touch_id
    group by credits.lead_id
),

lead_paths as (
    select
        leads.lead_id,
        leads.created_at,
        leads.created_date,
        leads.lead_kind,
        customers.customer_name,
        leads.channel,
        leads.utm_campaign,
        ways.first_touch_channel,
        official_credits.channel as attributed_channel,
        ways.touches_count,
        ways.first_touched_at,
        ways.path,
        {{ listed_value('city', 'leads.city') }} as city,
        {{ listed_value('client_type', 'leads.client_type') }} as client_type,
        leads.manager_id,
        managers.manager_name,
        leads.is_qualified,
        leads.is_won,
        leads.primary_deal_id,
        deals.deal_name,
        deals.status,
        deals.stage_name,
        deals.loss_reason,
        deals.deal_url,
        steps.reached_at as first_paid_at,
        steps.days_to_step as days_to_paid,
        lead_proceeds.cohort_revenue_amount as paid_amount,
        lead_proceeds.cohort_margin_amount as margin_amount,
        '{{ company_currency() }}' as currency_code
    from leads
    inner join ways
        on leads.lead_id = ways.lead_id
    inner join lead_proceeds
        on leads.lead_id = lead_proceeds.lead_id
    left join official_credits
        on leads.lead_id = official_credits.lead_id
    left join steps
        on leads.lead_id = steps.lead_id
    left join deals
        on leads.primary_deal_id = deals.deal_id
    left join managers
        on leads.manager_id = managers.manager_id
    left join customers
        on leads.customer_id = customers.customer_id
)

select * from lead_paths
