{# The first value of a custom field, found by its code: people edit names, not codes. #}
{% macro amocrm_field(code, column='custom_fields_values') -%}
    nullif(trim(jsonb_path_query_first(
        {{ column }}, '$[*] ? (@.field_code == "{{ code }}").values[0].value'
    ) #>> '{}'), '')
{%- endmacro %}

{# A CRM user as a manager key. 0 and the configured robots are nobody. #}
{% macro amocrm_manager(account, user_id) -%}
    case
        when {{ user_id }}::text not in ('{{ var('robot_user_ids') | join("', '") }}')
            then {{ source_key('amocrm', account, user_id ~ '::text') }}
    end
{%- endmacro %}
