{# The first value of a custom field, found by its code: people edit names, not codes. #}
{% macro amocrm_field(code, column='custom_fields_values') -%}
    nullif(trim(jsonb_path_query_first(
        {{ column }}, '$[*] ? (@.field_code == "{{ code }}").values[0].value'
    ) #>> '{}'), '')
{%- endmacro %}

{# All values of a custom field, as jsonb objects `{value, enum_code, …}`. #}
{% macro amocrm_values(code, column) -%}
    jsonb_path_query({{ column }}, '$[*] ? (@.field_code == "{{ code }}").values[*]')
{%- endmacro %}

{# A CRM user as a manager key. 0 and the configured robots are nobody. #}
{% macro amocrm_manager(account, user_id) -%}
    case
        when {{ user_id }}::text not in ('{{ var('robot_user_ids') | join("', '") }}')
            then {{ source_key('amocrm', account, user_id ~ '::text') }}
    end
{%- endmacro %}

{# When events last told that an entity of this kind was deleted, and that it was restored. #}
{% macro amocrm_deletion_events(kind) -%}
    select
        account_name,
        entity_id,
        max(created_at) filter (where type = '{{ kind }}_deleted') as deleted_at,
        max(created_at) filter (where type = '{{ kind }}_restored') as restored_at
    from {{ source('raw_amocrm', 'events') }}
    where type in ('{{ kind }}_deleted', '{{ kind }}_restored')
    group by account_name, entity_id
{%- endmacro %}

{# The last word about a row of the CRM: it is deleted when amoCRM does not have it any more
   (`_gone_at`: erased, merged into another) or told so (the bin, an event) after the row's last
   edit, and it was not restored since. #}
{% macro amocrm_is_deleted(held, told_at, restored_at) -%}
    (
        coalesce({{ held }}.is_deleted, false)
        or coalesce({{ held }}._gone_at > coalesce({{ restored_at }}, '-infinity'), false)
        or coalesce(
            {{ told_at }} >= {{ held }}.updated_at
            and {{ told_at }} > coalesce({{ restored_at }}, '-infinity'),
            false
        )
    )
{%- endmacro %}
