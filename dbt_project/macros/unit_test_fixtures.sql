{# Fixtures of unit tests are cast to the type the database states for a column, and for every array
   Postgres states only `ARRAY`. All our arrays are text[]. #}
{% macro postgres__safe_cast(field, type) -%}
    cast({{ field }} as {{ 'text[]' if type == 'ARRAY' else type }})
{%- endmacro %}
