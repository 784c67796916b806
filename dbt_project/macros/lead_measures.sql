{# What leads and their deals add up to, the same by whatever a model of `metrics/` groups them.
   `leads` has int_leads' marks of each lead, `lead_money` is the CTE below, joined by lead. #}
{% macro lead_measures(leads, lead_money) -%}
    count(*)::integer as leads_count,
        count(*) filter (where {{ leads }}.lead_kind = 'new')::integer as new_leads_count,
        count(*) filter (where {{ leads }}.is_qualified)::integer as qualified_leads_count,
        count(*) filter (where {{ leads }}.has_proposal)::integer as proposal_leads_count,
        count(*) filter (where {{ leads }}.is_won)::integer as won_leads_count,
        count(*) filter (where {{ lead_money }}.paid_amount > 0)::integer as paid_leads_count,
        coalesce(sum({{ lead_money }}.paid_amount), 0) as cohort_revenue_amount,
        coalesce(sum({{ lead_money }}.margin_amount), 0) as cohort_margin_amount,
        coalesce(sum({{ lead_money }}.paid_deals_count), 0)::integer as cohort_paid_deals_count,
        coalesce(sum({{ lead_money }}.margin_missing_count), 0)::integer as margin_missing_count
{%- endmacro %}

{# The body of a CTE: what the deals of each lead brought to date. #}
{% macro money_of_leads(deals) -%}
    select
        lead_id,
        sum(paid_amount) as paid_amount,
        sum(margin_amount) as margin_amount,
        count(*) filter (where paid_amount > 0) as paid_deals_count,
        count(*) filter (where is_margin_missing) as margin_missing_count
    from {{ deals }}
    where lead_id is not null
    group by lead_id
{%- endmacro %}
