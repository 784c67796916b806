{# Readers meet only finished marts: dbt builds and tests them in `build_<schema>`, and when every
   model and test of the run has passed, one transaction replaces the contents of all published
   tables. Rows are replaced, not tables, so that a reader in mid-query is not blocked, keeps
   his snapshot, and views that a BI tool made on a mart survive. A mart whose columns changed
   is recreated in the same transaction.
   Only a `dbt build` of all marts publishes: `dbt run` has tested nothing, and a part of the marts
   would disagree with the rest. #}
{% macro publish_marts(results) %}
    {%- if not execute or flags.WHICH != 'build' -%}{{ return('') }}{%- endif -%}
    {%- set marts = [] -%}
    {%- set built = results | map(attribute='node.unique_id') | list -%}
    {%- set missing = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.fqn[1] == 'marts' -%}
        {%- do (marts if node.unique_id in built else missing).append(node) -%}
    {%- endfor -%}
    {%- set failures = ['error', 'fail', 'skipped', 'runtime error'] -%}
    {%- set failed = results | selectattr('status', 'in', failures) | list -%}
    {%- if not marts -%}{{ return('') }}{%- endif -%}
    {%- if failed -%}
        {{ log(
            'Not published: ' ~ failed | length ~ ' models or tests did not pass. '
            ~ 'Readers keep the previous numbers.',
            info=true
        ) }}
        {{ return('') }}
    {%- endif -%}
    {%- if missing -%}
        {{ log(
            'Not published: a part of the marts would disagree with the rest. '
            ~ 'Look at build_mart_*; `dbt build` publishes.',
            info=true
        ) }}
        {{ return('') }}
    {%- endif -%}
    {{ log('Publishing ' ~ marts | length ~ ' marts in one transaction', info=true) }}
    begin;
    {%- for node in marts %}
    {{ publish_table(
        node.schema,
        node.schema | replace('build_', '', 1),
        node.name,
        node.config.meta.get('rows_by_login', false),
    ) }}
    {%- endfor %}
    commit;
{% endmacro %}

{% macro publish_table(build_schema, mart_schema, name, rows_by_login=false) -%}
    {%- set build = adapter.get_relation(target.database, build_schema, name) -%}
    {%- set published = adapter.get_relation(target.database, mart_schema, name) -%}
    {%- set build_columns
        = adapter.get_columns_in_relation(build) | map(attribute='name') | list -%}
    create schema if not exists {{ mart_schema }};
    grant usage on schema {{ mart_schema }} to {{ reader_role() }};
    {% set same
        = published is not none and column_signature(build) == column_signature(published) -%}
    {%- if not same -%}
    drop table if exists {{ mart_schema }}.{{ name }} cascade;
    create table {{ mart_schema }}.{{ name }} (like {{ build }} including all);
    grant select on {{ mart_schema }}.{{ name }} to {{ reader_role() }};
    {%- if rows_by_login %}
    {{ show_rows_by_login(mart_schema, name) }}
    {%- endif %}
    {%- else -%}
    delete from {{ published }};
    {%- endif %}
    insert into {{ mart_schema }}.{{ name }} ({{ build_columns | join(', ') }})
    select {{ build_columns | join(', ') }} from {{ build }};
{%- endmacro %}

{# A mart with `meta: {rows_by_login: true}` may be read by every login of the warehouse, and shows
   each the rows that name it in `reader_logins`. BI tools come as one login, the reader, which sees
   all rows and has the column to filter by. #}
{% macro show_rows_by_login(mart_schema, name) -%}
    alter table {{ mart_schema }}.{{ name }} enable row level security;
    create policy rows_by_login on {{ mart_schema }}.{{ name }} for select
    using (current_user = '{{ reader_role() }}' or current_user::text = any(reader_logins));
    grant usage on schema {{ mart_schema }} to public;
    grant select on {{ mart_schema }}.{{ name }} to public;
{%- endmacro %}

{% macro column_signature(relation) -%}
    {%- set parts = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do parts.append(column.name ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {{ return(parts | join(', ')) }}
{%- endmacro %}

{% macro reader_role() %}{{ return(env_var('WAREHOUSE_READER_USER', 'reader')) }}{% endmacro %}
