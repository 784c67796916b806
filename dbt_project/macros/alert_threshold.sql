{# The threshold in force now: the latest row of the settings that is already valid. #}
{% macro alert_threshold(alert_rule, measure) -%}
    select threshold_value
    from {{ ref('alert_thresholds') }}
    where
        alert_rule = '{{ alert_rule }}'
        and measure = '{{ measure }}'
        and scope = 'company'
        and valid_from <= {{ business_date(business_now()) }}
    order by valid_from desc
    limit 1
{%- endmacro %}
