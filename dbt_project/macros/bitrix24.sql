{# A field that people added, found by its name of `vars.bitrix24_fields`: as text, or null. #}
{% macro bitrix24_field(meaning, column='user_fields') -%}
    nullif(trim({{ column }} ->> '{{ var('bitrix24_fields')[meaning] }}'), '')
{%- endmacro %}

{# The label of the choice that such a field holds, where it is a list of choices: those keep
   numbers. `choices` are rows of `bitrix24_choices`. #}
{% macro bitrix24_join_choice(meaning, card) -%}
    left join choices as {{ meaning }}_choice
        on {{ card }}.account_name = {{ meaning }}_choice.account_name
        and {{ meaning }}_choice.field_name = '{{ var('bitrix24_fields')[meaning] }}'
        and {{ bitrix24_field(meaning, card ~ '.user_fields') }} = {{ meaning }}_choice.choice_id
{%- endmacro %}

{% macro bitrix24_word(meaning, card) -%}
    coalesce({{ meaning }}_choice.label, {{ bitrix24_field(meaning, card ~ '.user_fields') }})
{%- endmacro %}

{# Every choice of every list that people added to an entity (leads, deals …). #}
{% macro bitrix24_choices(entity_type) -%}
    select
        fields.account_name,
        fields.name as field_name,
        choice.value ->> 'ID' as choice_id,
        choice.value ->> 'VALUE' as label
    from {{ source('raw_bitrix24', 'fields') }} as fields
    cross join lateral jsonb_array_elements(fields.items) as choice (value)
    where fields.entity_type = '{{ entity_type }}'
{%- endmacro %}

{# A user as a manager key. 0 and the configured robots are nobody. #}
{% macro bitrix24_manager(account, user_id) -%}
    case
        when {{ user_id }}::text not in ('{{ var('robot_user_ids') | join("', '") }}')
            then {{ source_key('bitrix24', account, user_id ~ '::text') }}
    end
{%- endmacro %}

{# What a card can be reached by: `phones`, `emails` and `messengers` hold {value, value_type}. #}
{% macro bitrix24_ways(column, normalised) -%}
    array(
        select distinct way.address
        from jsonb_array_elements({{ column }}) as field (value)
        cross join lateral unnest({{ normalised("field.value ->> 'value'") }}) as way (address)
        order by way.address
    )
{%- endmacro %}

{% macro bitrix24_messengers(column) -%}
    array(
        select distinct messenger.account
        from jsonb_array_elements({{ column }}) as field (value)
        cross join lateral (
            select {{ normalised_messenger_id(
                "coalesce(field.value ->> 'value_type', 'other')", "field.value ->> 'value'"
            ) }} as account
        ) as messenger
        where messenger.account is not null
        order by messenger.account
    )
{%- endmacro %}

{# The exchange's own id of a call, out of what Bitrix24 makes of it: "VI_externalCall.<id>". #}
{% macro bitrix24_call_key(written) -%}
    nullif(regexp_replace({{ written }}, '^(VI_)?(externalCall\.)?', ''), '')
{%- endmacro %}

{# The words of the field that holds tags, in lower case. #}
{% macro bitrix24_tags(column) -%}
    array(
        select lower(trim(tag.value))
        from jsonb_array_elements_text(
            case
                when jsonb_typeof({{ column }} -> '{{ var("bitrix24_fields")["tags"] }}') = 'array'
                    then {{ column }} -> '{{ var("bitrix24_fields")["tags"] }}'
            end
        ) as tag (value)
    )
{%- endmacro %}
