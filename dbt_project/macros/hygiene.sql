{# How much a check weighs in the score beside the others: 1, unless the company says otherwise. #}
{% macro hygiene_weight(check_id) -%}
    case
        {%- for named, weight in var('hygiene_weights').items() %}
        when {{ check_id }} = '{{ named }}' then {{ weight }}::numeric
        {%- endfor %}
        when true then 1::numeric
    end
{%- endmacro %}
