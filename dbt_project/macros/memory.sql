{# What an earlier build of this very model left behind, for tables that hold what nothing else can
   tell: `{{ this }}` may be read while its successor is built. `columns` are their types by name;
   without such a table there is no row, and a column added since is null in the rows of before.
   Unit tests put their own rows in this macro's place, for dbt knows the columns of `this` only
   where the model was built before.

   `of_published` remembers what readers last saw instead: what a build left that was never
   published is nothing anybody has been told. #}
{% macro memory(columns, of_published=false) -%}
    {%- set held = load_relation(published_relation(this) if of_published else this)
        if execute and flags.INTROSPECT else none -%}
    {%- set names = adapter.get_columns_in_relation(held) | map(attribute="name") | list
        if held is not none else [] -%}
    select
        {%- for name, type in columns.items() %}
        {{ name if name in names else "null::" ~ type ~ " as " ~ name }}{{ "," if not loop.last }}
        {%- endfor %}
    {% if held is not none %}from {{ held }}{% else %}where false{% endif %}
{%- endmacro %}

{# Where publication puts a mart that is built in `build_<schema>`. #}
{% macro published_relation(relation) -%}
    {{ return(api.Relation.create(
        database=relation.database,
        schema=relation.schema | replace('build_', '', 1),
        identifier=relation.identifier,
    )) }}
{%- endmacro %}
