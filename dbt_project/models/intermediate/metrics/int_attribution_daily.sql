-- Each lead and what its deals brought to date, divided among the channels of its way, by every
-- model. Money is divided to the kopeck: a touch gets the rounded sum of all shares up to its own,
-- less what those before it got, so that nothing is lost.
with

credits as (
    select
        lead_id,
        attribution_model,
        is_official,
        channel,
        lead_created_date,
        credit_share,
        sum(credit_share) over way as share_to_here,
        sum(credit_share) over way - credit_share as share_before
    from {{ ref('int_touch_credits') }}
    window way as (
        partition by lead_id, attribution_model
        order by touch_number
        rows between unbounded preceding and current row
    )
),

leads as (
    select lead_id, manager_id, is_qualified from {{ ref('int_leads') }}
),

lead_proceeds as (
    select * from {{ ref('int_lead_proceeds') }}
),

divided as (
    select
        credits.lead_created_date,
        credits.attribution_model,
        credits.is_official,
        credits.channel,
        leads.manager_id,
        leads.is_qualified,
        credits.credit_share,
        credits.credit_share * lead_proceeds.cohort_paid_deals_count as paid_deals_share,
        credits.credit_share * lead_proceeds.margin_missing_count as margin_missing_share,
        {%- for amount in ['cohort_revenue_amount', 'cohort_margin_amount'] %}
        round(credits.share_to_here * lead_proceeds.{{ amount }}, 2)
        - round(credits.share_before * lead_proceeds.{{ amount }}, 2)
            as {{ amount }}{{ "," if not loop.last }}
        {%- endfor %}
    from credits
    inner join leads
        on credits.lead_id = leads.lead_id
    inner join lead_proceeds
        on credits.lead_id = lead_proceeds.lead_id
),

int_attribution_daily as (
    select
        lead_created_date as metric_date,
        manager_id,
        channel,
        attribution_model,
        is_official,
        sum(credit_share) as credited_leads_count,
        coalesce(sum(credit_share) filter (where is_qualified), 0)
            as credited_qualified_leads_count,
        sum(paid_deals_share) as credited_sales_count,
        sum(margin_missing_share) as credited_margin_missing_count,
        sum(cohort_revenue_amount) as credited_revenue_amount,
        coalesce(sum(cohort_margin_amount), 0) as credited_margin_amount
    from divided
    group by lead_created_date, manager_id, channel, attribution_model, is_official
)

select * from int_attribution_daily
