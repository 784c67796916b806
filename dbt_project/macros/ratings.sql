{# The number of a rating, however the field is made: 5, "5 из 5", "4,5". #}
{% macro rating_number(written) -%}
    replace(substring({{ written }} from '\d+(?:[.,]\d+)?'), ',', '.')::numeric
{%- endmacro %}
