{# Readers meet only finished marts: dbt builds and tests them in `build_<schema>`, and when every
   model and test of the run has passed, one transaction replaces the contents of all published
   tables. Rows are replaced, not tables, so that a reader in mid-query is not blocked, keeps
   his snapshot, and others' views and grants on a mart survive. For the same reason a mart that
   changed its shape is altered, not made anew: of others' views only those go that use a column
   which left or changed its type. A mart that left the project is unpublished, and the views on
   it go with it.
   Only a `dbt build` of all marts publishes: `dbt run` has tested nothing, and a part of the marts
   would disagree with the rest. #}
{% macro publish_marts(results) %}
    {#- Before any return, or dbt does not learn in time that publication reads the seed. -#}
    {%- set comments = ref('comments') -%}
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
    {%- set shapes = mart_shapes() -%}
    {%- set alterations = {} -%}
    {%- set removed = shapes.published.keys() | list -%}
    {%- for node in marts if published_name(node) in shapes.published -%}
        {%- set name = published_name(node) -%}
        {%- do removed.remove(name) -%}
        {%- set statements = reshape(name, **shapes) -%}
        {%- if statements -%}{%- do alterations.update({name: statements}) -%}{%- endif -%}
    {%- endfor -%}
    {{ log(
        'Publishing ' ~ marts | length ~ ' marts in one transaction'
        ~ (', altering ' ~ alterations | join(', ') if alterations else '')
        ~ (', unpublishing ' ~ removed | join(', ') if removed else ''),
        info=true
    ) }}
    begin;
    -- Of two builds at once the second waits, and compares with what the first has published.
    select pg_advisory_xact_lock(hashtext('{{ warehouse_prefix() }}publish_marts'));
    {{ lock_out_readers(removed + alterations.keys() | list) }}
    {%- for name in removed %}
    drop table {{ name }} cascade;
    {%- endfor %}
    {%- for statement in alterations.values() | sum(start=[]) %}
    {{ statement }};
    {%- endfor %}
    {%- for node in marts %}
    {{ publish_table(node, **shapes) }}
    {%- endfor %}
    {{ comment_marts(marts, comments) }}
    commit;
{% endmacro %}

{% macro publish_table(node, built, published) -%}
    {%- set name = published_name(node) -%}
    {%- set schema = name.split('.')[0] -%}
    {%- set columns = built[name].columns -%}
    {%- if name in published %}
    {{ replace_changed_rows(name, node, columns) }}
    {%- else %}
    create schema if not exists {{ schema }};
    grant usage on schema {{ schema }} to {{ reader_role() }};
    create table {{ name }} (like {{ node.schema }}.{{ node.name }} including all);
    grant select on {{ name }} to {{ reader_role() }};
    {%- if node.config.meta.get('rows_by_login') %}
    {{ show_rows_by_login(schema, node.name) }}
    {%- endif %}
    insert into {{ name }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ node.schema }}.{{ node.name }};
    {%- endif %}
{%- endmacro %}

{# Only rows that are not the same in every column are written: after an hour's work they are a few
   of a million, and rows written anew would have to be indexed, logged and vacuumed. Equal rows
   of a mart are told apart by how many there are. A column of a type without equality (json, not
   jsonb) would stop publication. #}
{% macro replace_changed_rows(name, node, columns) -%}
    {%- set columns = columns | join(', ') %}
    create temporary table changed_rows as
    select
        {{ columns }},
        array_agg(_held_at) filter (where _held_at is not null) as _held_at,
        count(*) - count(_held_at) as _built_count
    from (
        select {{ columns }}, ctid as _held_at from {{ name }}
        union all
        select {{ columns }}, null::tid from {{ node.schema }}.{{ node.name }}
    ) as all_rows
    group by {{ columns }}
    having count(_held_at) <> count(*) - count(_held_at);
    delete from {{ name }}
    where ctid = any (array(select unnest(_held_at) from changed_rows));
    insert into {{ name }} ({{ columns }})
    select {{ columns }} from changed_rows
    cross join generate_series(1, _built_count);
    drop table changed_rows;
{%- endmacro %}

{# What BI tools show beside a table and a column: the seed's text in the company's language, else
   the English description, which dbt wrote on the built table. Mostly there is nothing to do. #}
{% macro comment_marts(marts, comments) -%}
    do $$
    declare
        stale record;
    begin
        for stale in
            with

            marts (built, published, name) as (
                values
                {%- for node in marts %}
                (
                    '{{ node.schema }}.{{ node.name }}'::regclass,
                    '{{ published_name(node) }}'::regclass,
                    '{{ node.name }}'
                ){{ ',' if not loop.last }}
                {%- endfor %}
            ),

            objects as (
                select
                    'table' as kind,
                    name,
                    published::text as address,
                    obj_description(built, 'pg_class') as english,
                    obj_description(published, 'pg_class') as present
                from marts
                union all
                select
                    'column',
                    built_columns.attname,
                    marts.published::text || '.' || quote_ident(built_columns.attname),
                    col_description(marts.built, built_columns.attnum),
                    col_description(marts.published, published_columns.attnum)
                from marts
                inner join pg_attribute as built_columns
                    on marts.built = built_columns.attrelid
                inner join pg_attribute as published_columns
                    on
                        marts.published = published_columns.attrelid
                        and built_columns.attname = published_columns.attname
                where built_columns.attnum > 0
            ),

            wanted as (
                select
                    objects.kind,
                    objects.address,
                    objects.present,
                    coalesce(comments.comment, objects.english) as comment
                from objects
                left join {{ comments }} as comments
                    on
                        objects.kind = comments.kind
                        and objects.name = comments.name
                        and comments.language = '{{ company_locale() }}'
            )

            select kind, address, comment from wanted
            where comment is distinct from present
        loop
            execute format('comment on %s %s is %L', stale.kind, stale.address, stale.comment);
        end loop;
    end
    $$;
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

{# The statements that give a published mart the columns and indexes of the one that was built; none
   when it has them. Postgres changes no column's type under a view: it is dropped and added. #}
{% macro reshape(name, built, published) -%}
    {%- set new = built[name] -%}
    {%- set old = published[name] -%}
    {%- if new.columns == old.columns and new.indexes | sort == old.indexes | sort -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- for index in old.indexes.values() -%}
        {%- do statements.append('drop index ' ~ index) -%}
    {%- endfor -%}
    {%- for column, type in old.columns.items() if new.columns.get(column) != type -%}
        {%- do statements.append('alter table ' ~ name ~ ' drop column ' ~ column ~ ' cascade') -%}
    {%- endfor -%}
    {%- for column, type in new.columns.items() if old.columns.get(column) != type -%}
        {%- do statements.append('alter table ' ~ name ~ ' add column ' ~ column ~ ' ' ~ type) -%}
    {%- endfor -%}
    {{ return(statements + new.indexes | list) }}
{%- endmacro %}

{# Only what changes the shape of tables needs them alone. Whoever reads two marts while we hold one
   and want the other would be killed as a deadlock, so all are taken at once, or none, and those
   who came meanwhile are let through. A statement of a reader ends within 5 minutes and an idle
   transaction within one. #}
{% macro lock_out_readers(names) -%}
    {%- if names %}
    set local lock_timeout = '100ms';
    do $$
    begin
        for attempt in 1..1800 loop
            begin
                lock table {{ names | join(', ') }} in access exclusive mode;
                return;
            exception when lock_not_available then
                perform pg_sleep(0.2);
            end;
        end loop;
        raise exception 'Readers held the marts for ten minutes: published at the next build.';
    end
    $$;
    set local lock_timeout = 0;
    {%- endif %}
{%- endmacro %}

{% macro published_name(node) -%}
    {{ return(node.schema | replace('build_', '', 1) ~ '.' ~ node.name) }}
{%- endmacro %}

{# What our marts look like, built and published, by published name: the types of `columns`, and
   `indexes`, each name by the statement that makes it on the published table. #}
{% macro mart_shapes() -%}
    {%- set parts -%}
    with

    tables as (
        select
            pg_class.oid,
            starts_with(nspname, '{{ warehouse_prefix() }}build_') as is_built,
            regexp_replace(nspname, '^{{ warehouse_prefix() }}build_', '{{ warehouse_prefix() }}')
            || '.' || relname as name
        from pg_class
        inner join pg_namespace
            on pg_class.relnamespace = pg_namespace.oid
        where
            relkind = 'r'
            and relowner = current_user::regrole
            and nspname ~ '^{{ warehouse_prefix() }}(build_)?mart_'
    )

    select
        is_built,
        name,
        'columns' as part,
        quote_ident(attname) as part_name,
        format_type(atttypid, atttypmod) as definition
    from tables
    inner join pg_attribute
        on tables.oid = attrelid
    where attnum > 0 and not attisdropped
    union all
    select
        is_built,
        name,
        'indexes',
        regexp_replace(
            pg_get_indexdef(indexrelid), ' INDEX .* USING ', ' INDEX ON ' || name || ' USING '
        ),
        indexrelid::regclass::text
    from tables
    inner join pg_index
        on tables.oid = indrelid
    {%- endset -%}
    {%- set shapes = {'built': {}, 'published': {}} -%}
    {%- for row in run_query(parts) -%}
        {%- set marts = shapes['built' if row['is_built'] else 'published'] -%}
        {%- set mart = marts.setdefault(row['name'], {'columns': {}, 'indexes': {}}) -%}
        {%- do mart[row['part']].update({row['part_name']: row['definition']}) -%}
    {%- endfor -%}
    {{ return(shapes) }}
{%- endmacro %}

{% macro reader_role() %}{{ return(env_var('WAREHOUSE_READER_USER', 'reader')) }}{% endmacro %}
