{# What an earlier build of this very model left behind, for tables that hold what nothing else can
   tell: `{{ this }}` may be read while its successor is built. `columns` are their types by name;
   without such a table there is no row. Unit tests put their own rows in this macro's place, for
   dbt knows the columns of `this` only where the model was built before. #}
{% macro memory(columns) -%}
    {%- set held = load_relation(this) if execute and flags.INTROSPECT else none -%}
    {%- set names = adapter.get_columns_in_relation(held) | map(attribute="name") | list
        if held is not none else [] -%}
    {%- set is_held = columns.keys() | reject("in", names) | list | length == 0 -%}
    select
        {%- for name, type in columns.items() %}
        {{ name if is_held else "null::" ~ type ~ " as " ~ name }}{{ "," if not loop.last }}
        {%- endfor %}
    {% if is_held %}from {{ this }}{% else %}where false{% endif %}
{%- endmacro %}
