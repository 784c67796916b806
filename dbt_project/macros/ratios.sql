{# The agreed ratios, each written once. A share of sums is no sum of shares, so every mart has to
   divide at its own grain, and does it by these: a test refuses a mart that divides by a measure
   by hand.

   `totals` is the relation that holds the measures, added up to the mart's grain. A ratio to
   nothing is null. #}
{% macro junk_share(totals) -%}
    {{ quotient(totals ~ '.excluded_enquiries_count', totals ~ '.enquiries_count') }}
{%- endmacro %}

{% macro lead_to_qualified_share(totals) -%}
    {{ quotient(totals ~ '.qualified_leads_count', totals ~ '.leads_count') }}
{%- endmacro %}

{% macro lead_to_proposal_share(totals) -%}
    {{ quotient(totals ~ '.proposal_leads_count', totals ~ '.leads_count') }}
{%- endmacro %}

{% macro proposal_to_paid_share(totals) -%}
    {{ quotient(totals ~ '.paid_leads_count', totals ~ '.proposal_leads_count') }}
{%- endmacro %}

{% macro lead_to_won_share(totals) -%}
    {{ quotient(totals ~ '.won_leads_count', totals ~ '.leads_count') }}
{%- endmacro %}

{% macro lead_to_paid_share(totals) -%}
    {{ quotient(totals ~ '.paid_leads_count', totals ~ '.leads_count') }}
{%- endmacro %}

{% macro win_rate_count_share(totals) -%}
    {{ quotient(
        totals ~ '.won_deals_count',
        totals ~ '.won_deals_count + ' ~ totals ~ '.lost_deals_count',
    ) }}
{%- endmacro %}

{# The same of what they were worth: of three small wins and a big loss one makes little of. #}
{% macro win_rate_amount_share(totals) -%}
    {{ quotient(
        totals ~ '.bookings_amount',
        totals ~ '.bookings_amount + ' ~ totals ~ '.lost_amount',
    ) }}
{%- endmacro %}

{# Of those who did anything in the period: who only has a login earns nothing. #}
{% macro revenue_per_manager_amount(totals) -%}
    {{ quotient(totals ~ '.revenue_amount', totals ~ '.working_managers_count', digits=2) }}
{%- endmacro %}

{% macro average_check_amount(totals) -%}
    {{ quotient(totals ~ '.sales_paid_amount', totals ~ '.sales_count', digits=2) }}
{%- endmacro %}

{# Of what goods with a list price would have cost by it, the part that was taken off. #}
{% macro discount_share(totals) -%}
    {{ quotient(totals ~ '.discount_amount', totals ~ '.list_amount') }}
{%- endmacro %}

{# What a piece with a list price was sold for, beside what the list said. #}
{% macro average_price_amount(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.list_amount - ' ~ totals ~ '.discount_amount)',
        totals ~ '.quantity_with_list_price',
        digits=2,
    ) }}
{%- endmacro %}

{% macro average_list_price_amount(totals) -%}
    {{ quotient(totals ~ '.list_amount', totals ~ '.quantity_with_list_price', digits=2) }}
{%- endmacro %}

{% macro cpl_amount(totals) -%}
    {{ quotient('nullif(' ~ totals ~ '.spend_amount, 0)', totals ~ '.leads_count', digits=2) }}
{%- endmacro %}

{% macro cost_per_qualified_amount(totals) -%}
    {{ quotient(
        'nullif(' ~ totals ~ '.spend_amount, 0)', totals ~ '.qualified_leads_count', digits=2
    ) }}
{%- endmacro %}

{# What the leads of a period brought to date, less what was spent on ads then, for each rouble of
   it. Nobody can say while the cost of none of their paid deals is known. #}
{% macro romi_ratio(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.cohort_margin_amount - ' ~ totals ~ '.spend_amount)',
        'case when ' ~ totals ~ '.cohort_paid_deals_count <> ' ~ totals ~ '.margin_missing_count '
        ~ 'or ' ~ totals ~ '.cohort_paid_deals_count = 0 then ' ~ totals ~ '.spend_amount end',
    ) }}
{%- endmacro %}

{% macro romi_revenue_ratio(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.cohort_revenue_amount - ' ~ totals ~ '.spend_amount)',
        totals ~ '.spend_amount',
    ) }}
{%- endmacro %}

{# Which part of the paid deals behind a margin has a cost. #}
{% macro margin_coverage_share(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.cohort_paid_deals_count - ' ~ totals ~ '.margin_missing_count)',
        totals ~ '.cohort_paid_deals_count',
    ) }}
{%- endmacro %}

{# Of the deals that entered a pipeline. #}
{% macro stage_reached_share(totals) -%}
    {{ quotient(totals ~ '.reached_deals_count', totals ~ '.first_reached_deals_count') }}
{%- endmacro %}

{# Of the deals that reached a stage, those that climbed above it. #}
{% macro stage_gone_on_share(totals) -%}
    {{ quotient(totals ~ '.gone_on_deals_count', totals ~ '.reached_deals_count') }}
{%- endmacro %}

{% macro deals_in_stage_share(totals) -%}
    {{ quotient(totals ~ '.deals_in_stage_count', totals ~ '.deals_in_pipeline_count') }}
{%- endmacro %}

{% macro lead_to_step_share(totals) -%}
    {{ quotient(totals ~ '.reached_leads_count', totals ~ '.leads_count') }}
{%- endmacro %}

{# No conversion: the proposals of a period beside its leads, and may exceed 1. #}
{% macro lead_to_proposal_period_ratio(totals) -%}
    {{ quotient(totals ~ '.proposals_count', totals ~ '.leads_count') }}
{%- endmacro %}

{# Open deals beside as many as one manager can look after. #}
{% macro load_ratio(totals) -%}
    {{ quotient(totals ~ '.open_deals_count', var('open_deals_cap')) }}
{%- endmacro %}

{# Of the company's open deals and those who look after any. #}
{% macro company_load_ratio(totals) -%}
    {{ quotient(
        totals ~ '.open_deals_count',
        '(' ~ var('open_deals_cap') ~ ' * ' ~ totals ~ '.managers_count)',
    ) }}
{%- endmacro %}

{% macro talked_to_won_share(totals) -%}
    {{ quotient(totals ~ '.talked_won_leads_count', totals ~ '.talked_leads_count') }}
{%- endmacro %}

{% macro calls_taken_share(totals) -%}
    {{ quotient(totals ~ '.calls_taken_count', totals ~ '.calls_made_count') }}
{%- endmacro %}

{# The 95 % interval of that share. #}
{% macro talked_to_won_share_from(totals) -%}
    {{ wilson_bound(totals ~ '.talked_won_leads_count', totals ~ '.talked_leads_count', '-') }}
{%- endmacro %}

{% macro talked_to_won_share_to(totals) -%}
    {{ wilson_bound(totals ~ '.talked_won_leads_count', totals ~ '.talked_leads_count', '+') }}
{%- endmacro %}

{# The lower ('-') or upper ('+') bound of the 95 % interval of a share, by Wilson's score. #}
{% macro wilson_bound(successes, trials, side) -%}
    round(
        (
            ({{ successes }} + 1.9208) / {{ trials }}
            {{ side }} 1.96 * sqrt(
                {{ successes }}::numeric * ({{ trials }} - {{ successes }}) / {{ trials }} + 0.9604
            ) / {{ trials }}
        ) / (1 + 3.8416 / {{ trials }}),
        4
    )
{%- endmacro %}

{# Spend of a period for each customer whose first payment came in it. #}
{% macro cac_amount(totals) -%}
    {{ quotient(
        'nullif(' ~ totals ~ '.spend_amount, 0)', totals ~ '.new_customers_count', digits=2
    ) }}
{%- endmacro %}

{% macro repeat_customer_share(totals) -%}
    {{ quotient(totals ~ '.repeat_customers_count', totals ~ '.new_customers_count') }}
{%- endmacro %}

{% macro retention_share(totals) -%}
    {{ quotient(totals ~ '.active_customers_count', totals ~ '.new_customers_count') }}
{%- endmacro %}

{% macro ltv_amount(totals) -%}
    {{ quotient(totals ~ '.ltv_margin_amount', totals ~ '.new_customers_count', digits=2) }}
{%- endmacro %}

{% macro ltv_12m_amount(totals) -%}
    {{ quotient(
        totals ~ '.ltv_12m_margin_amount', totals ~ '.year_old_customers_count', digits=2
    ) }}
{%- endmacro %}

{% macro plan_done_ratio(totals) -%}
    {{ quotient(totals ~ '.fact_amount', totals ~ '.plan_amount') }}
{%- endmacro %}

{# The fact beside as much of the plan as business days are over. #}
{% macro pace_ratio(totals) -%}
    {{ quotient(
        totals ~ '.fact_amount * ' ~ totals ~ '.business_days_count',
        totals ~ '.plan_amount * ' ~ totals ~ '.finished_business_days_count',
    ) }}
{%- endmacro %}

{# Of a hundred answers, those that recommend us less those that warn of us. #}
{% macro nps_score(totals) -%}
    {{ quotient(
        '100 * (' ~ totals ~ '.promoters_count - ' ~ totals ~ '.detractors_count)',
        totals ~ '.answers_count',
        digits=1,
    ) }}
{%- endmacro %}

{# Of the requests that customers rated, those they were satisfied with. #}
{% macro satisfaction_share(totals) -%}
    {{ quotient(totals ~ '.satisfied_count', totals ~ '.rated_count') }}
{%- endmacro %}

{% macro system_roi_ratio(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.system_return_amount - ' ~ totals ~ '.system_cost_amount)',
        totals ~ '.system_cost_amount',
    ) }}
{%- endmacro %}

{# A check of two thousand records weighs no more than one of twenty: people are compared by how
   many of their promises they keep, not by how many records they have. What has nothing to check
   weighs nothing. `totals` holds one row per check, and what divides them by check is `checks`. #}
{% macro passed_records_share(totals) -%}
    {{ quotient(
        '(' ~ totals ~ '.checked_records_count - ' ~ totals ~ '.failing_records_count)',
        totals ~ '.checked_records_count',
    ) }}
{%- endmacro %}

{% macro failing_records_share(totals) -%}
    {{ quotient(totals ~ '.failing_records_count', totals ~ '.checked_records_count') }}
{%- endmacro %}

{% macro hygiene_score(totals) -%}
    {{ quotient('100 * ' ~ totals ~ '.passed_weight', totals ~ '.checks_weight', digits=1) }}
{%- endmacro %}

{% macro quotient(dividend, divisor, digits=4) -%}
    round({{ dividend }}::numeric / nullif({{ divisor }}, 0), {{ digits }})
{%- endmacro %}
