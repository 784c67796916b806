{# The tests that a yml declares of one table are asked in the step that builds it, all in one
   statement, and stop what is built from it. As nodes of their own, which dbt can still run
   (`dbt test -s int_deals`), a refresh leaves them out (selectors.yml): each took a connection and
   ten times as long to begin as to answer. What is asked of single rows is asked of all of them in
   one reading: a view would be worked out again for every question. Only a `dbt build` tests. #}
{% macro ask_declared_tests() %}
    {%- if not execute or flags.WHICH != 'build' -%}{{ return('') }}{%- endif -%}
    {%- set names = [] -%}
    {%- set counts = [] -%}
    {%- set questions = [] -%}
    {%- for test in graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'test')
        | selectattr('attached_node', 'equalto', model.unique_id)
        | selectattr('test_metadata.name', 'in', tests_of_one_table()) -%}
        {%- set failing = failing_row(test) -%}
        {%- if failing -%}
            {%- do names.append("'" ~ test.name ~ "'") -%}
            {%- do counts.append('count(*) filter (where ' ~ failing ~ ')') -%}
        {%- else -%}
            {%- set arguments = dict(test.test_metadata.kwargs, model=tested_rows(test)) -%}
            {%- set rows = context['test_' ~ test.test_metadata.name](**arguments) -%}
            {%- do questions.append(
                "select '" ~ test.name ~ "' as test, count(*) as failures"
                ~ " from (" ~ rows ~ ") as failing"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if names -%}
        {%- do questions.append(
            'select unnest(array[' ~ names | join(', ') ~ ']) as test, unnest(array['
            ~ counts | join(', ') ~ ']) as failures from ' ~ this
        ) -%}
    {%- endif -%}
    {%- if not questions -%}{{ return('') }}{%- endif -%}
    {%- set failed = [] -%}
    {%- for row in run_query(questions | join('\nunion all\n')) if row['failures'] -%}
        {%- do failed.append(row['test'] ~ ' has ' ~ row['failures'] ~ ' failing rows') -%}
    {%- endfor -%}
    {%- if failed -%}{%- do exceptions.raise_database_error(failed | join('; ')) -%}{%- endif -%}
{% endmacro %}

{# The condition under which a row by itself does not pass, of the tests that ask that; it says what
   dbt's own test of that name says. #}
{% macro failing_row(test) %}
    {%- set arguments = test.test_metadata.kwargs -%}
    {%- if test.test_metadata.name == 'not_null' -%}
        {%- set failing = arguments.column_name ~ ' is null' -%}
    {%- elif test.test_metadata.name == 'accepted_values' -%}
        {%- set quote = "'" if arguments.get('quote', true) else '' -%}
        {%- set values = quote ~ arguments['values'] | join(quote ~ ', ' ~ quote) ~ quote -%}
        {%- set failing = arguments.column_name ~ ' not in (' ~ values ~ ')' -%}
    {%- else -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(
        '(' ~ test.config.where ~ ') and ' ~ failing if test.config.where else failing
    ) }}
{% endmacro %}

{% macro tests_of_one_table() %}
    {{ return(['not_null', 'unique', 'unique_combination', 'accepted_values']) }}
{% endmacro %}

{% macro tested_rows(test) %}
    {%- if test.config.where -%}
        {{ return('(select * from ' ~ this ~ ' where ' ~ test.config.where ~ ') as tested') }}
    {%- endif -%}
    {{ return(this) }}
{% endmacro %}

{# Who reads a table next does so within the second, and the planner would know nothing of it. A
   table that the next build makes anew is not worth the vacuum that would come after a minute and
   run beside the rest of the build, nor more than 7,500 rows read at random: four times as many, as
   is usual, took four times as long and led to no better plan. #}
{% macro analyze_table() %}
    {%- if model.config.materialized == 'table' %}
    alter table {{ this }} set (autovacuum_enabled = false, toast.autovacuum_enabled = false);
    {%- endif %}
    {%- if model.config.materialized != 'view' %}
    set local default_statistics_target = 25;
    analyze {{ this }}
    {%- endif %}
{% endmacro %}
