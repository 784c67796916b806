{# The key of a row of the workbook, by which people find it: its sheet and row number. #}
{% macro workbook_row_id() -%}
    {{ source_key('workbook', 'account_name', "sheet_name || ':' || row_number") }}
{%- endmacro %}

{# A name as it is compared: in any case, with ё as е and its words in any order, for one list says
   «Громова Анна» and the other «Анна Громова». #}
{% macro name_key(name) -%}
    (
        select string_agg(words.word, ' ' order by words.word)
        from
            regexp_split_to_table(
                replace(lower(trim({{ name }})), 'ё', 'е'), '\s+'
            ) as words (word)
    )
{%- endmacro %}
