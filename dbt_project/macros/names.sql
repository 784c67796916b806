{# Where things live. Schemas are the folder's; one variable puts a prefix before all of them
   (development, tests, a second company), so nothing else in the project knows of prefixes. #}
{% macro warehouse_prefix() %}{{ return(env_var('WAREHOUSE_PREFIX', '')) }}{% endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ warehouse_prefix() }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{# The text key `<source>:<account>:<id>` by which records of several accounts live together.
   Null when the id is null, so a missing reference stays missing. #}
{% macro source_key(source, account, id) -%}
    ('{{ source }}:' || {{ account }} || ':' || {{ id }})
{%- endmacro %}

{% macro company_currency() %}{{ return(env_var('COMPANY_CURRENCY', 'RUB')) }}{% endmacro %}

{# The language people are told in: ru, uk or en. #}
{% macro company_locale() %}{{ return(env_var('COMPANY_LOCALE', 'ru')) }}{% endmacro %}
