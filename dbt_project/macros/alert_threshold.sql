{# The threshold in force now, whoever decided it last. #}
{% macro alert_threshold(alert_rule, measure) -%}
    select thresholds.threshold_value
    from {{ ref('int_alert_thresholds') }} as thresholds
    where
        thresholds.alert_rule = '{{ alert_rule }}'
        and thresholds.measure = '{{ measure }}'
        and thresholds.scope = 'company'
        and {{ holds_on('thresholds', business_date(business_now())) }}
{%- endmacro %}
