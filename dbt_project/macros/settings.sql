{# Whether a dated setting holds on a day. Without a first day it holds since ever, without an end
   still. #}
{% macro holds_on(setting, day) -%}
    (
        ({{ setting }}.valid_from_date is null or {{ setting }}.valid_from_date <= {{ day }})
        and ({{ setting }}.valid_before_date is null or {{ day }} < {{ setting }}.valid_before_date)
    )
{%- endmacro %}

{# The variables of dbt_project.yml, which dbt does not tell to SQL; a test holds the two equal. #}
{% macro variables_of_the_company() %}
    {{ return([
        'same_event_minutes', 'lead_window_days_after_lost', 'lead_window_days_after_won',
        'shared_identifier_contacts', 'own_identifiers', 'robot_user_ids', 'home_country',
        'client_id_fields', 'bitrix24_fields', 'invoice_in_purpose_pattern',
        'currency_rate_valid_days', 'list_price_kind', 'match_days', 'calendar_first_date',
        'business_day_opens_at', 'business_day_closes_at', 'short_day_shorter_by_minutes',
        'holiday_country', 'holidays_suspended', 'direct_channels', 'attribution_model',
        'attribution_window_days', 'attribution_end_share', 'attribution_half_life_days',
        'vat_rates', 'contact_call_seconds',
        'response_sla_minutes', 'romi_maturity_days', 'satisfied_rating', 'service_rating_field',
        'call_pairing_seconds', 'effective_call_seconds', 'call_back_minutes', 'open_deals_cap',
        'early_contact_days', 'best_hours_days', 'best_hours_calls', 'event_feed_days',
        'stuck_stays_days', 'stuck_stays_count', 'cohort_days', 'rfm_recency_days',
        'rfm_frequency_sales', 'rfm_money_shares', 'together_min_customers',
        'numbers_frozen_on_business_day', 'restatement_tolerance_share', 'hygiene_weights',
        'alert_history_weeks', 'alert_improbable_share',
    ]) }}
{% endmacro %}
