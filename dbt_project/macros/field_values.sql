{# A word of a list that people type by hand ("Мск", "масква") as the list has it; a word nobody
   listed stays as it is, and nothing is `(blank)`. #}
{% macro listed_value(field, column) -%}
    coalesce(
        (
            select field_values.value
            from {{ ref('field_values') }} as field_values
            where
                field_values.field = '{{ field }}'
                and field_values.written = lower(trim({{ column }}))
        ),
        nullif(trim({{ column }}), ''),
        '(blank)'
    )
{%- endmacro %}
