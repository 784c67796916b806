{# What leads and their deals add up to, the same by whatever a model of `metrics/` groups them.
   `leads` has int_leads' marks of each lead, `lead_proceeds` is int_lead_proceeds, joined by
   lead. #}
{% macro lead_measures(leads, lead_proceeds) -%}
    count(*)::integer as leads_count,
        count(*) filter (where {{ leads }}.lead_kind = 'new')::integer as new_leads_count,
        count(*) filter (where {{ leads }}.is_qualified)::integer as qualified_leads_count,
        count(*) filter (where {{ leads }}.has_proposal)::integer as proposal_leads_count,
        count(*) filter (where {{ leads }}.is_won)::integer as won_leads_count,
        count(*) filter (where {{ lead_proceeds }}.cohort_revenue_amount > 0)::integer
            as paid_leads_count,
        sum({{ lead_proceeds }}.cohort_revenue_amount) as cohort_revenue_amount,
        coalesce(sum({{ lead_proceeds }}.cohort_margin_amount), 0) as cohort_margin_amount,
        sum({{ lead_proceeds }}.cohort_paid_deals_count)::integer as cohort_paid_deals_count,
        sum({{ lead_proceeds }}.margin_missing_count)::integer as margin_missing_count
{%- endmacro %}
