{# The rate of VAT on a day, as a part of the amount without it: 0.22. #}
{% macro vat_rate_on(day) -%}
    case
    {%- for rate in var('vat_rates') %}
        when {{ day }} >= date '{{ rate.since }}' then {{ rate.percent }} / 100.0
    {%- endfor %}
    end
{%- endmacro %}
