{# Frees a closed month, so that the next publication freezes it anew:
       dbt run-operation forget_published_month --args '{month: 2026-10-01}'
   The only way by which a frozen number changes; the restatements of that month go with it. #}
{% macro forget_published_month(month) -%}
    {%- set rows = [] -%}
    {%- for name in ['published_numbers', 'published_number_records', 'restatements'] -%}
        {%- for node in graph.nodes.values() if node.name == name -%}
            {%- set table = published_relation(
                api.Relation.create(
                    database=target.database, schema=node.schema, identifier=node.name
                )
            ) -%}
            {%- do rows.append(table) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- call statement('forget', auto_begin=true) -%}
        {%- for table in rows %}
        delete from {{ table }} where period_start = date '{{ month }}';
        {%- endfor %}
        commit;
    {%- endcall -%}
    {{ log(
        'Forgotten: the numbers published for ' ~ month ~ '. The next build freezes them anew.',
        info=true
    ) }}
{%- endmacro %}
