{# The channel of a record from its utm tags, the number its caller dialled and its source word: the
   first rule of that day whose given patterns all match; nothing given is `(blank)`, given but
   without a rule `(unmatched)`. Every call has a number: one that no rule names tells nothing. #}
{% macro channel_of(origin, day, called_number='null') -%}
    coalesce(
        (
            select channel_rules.channel
            from {{ ref('int_channel_rules') }} as channel_rules
            where
                {{ holds_on('channel_rules', day) }}
                and (
                    channel_rules.utm_source_pattern is null
                    or lower({{ origin }}.utm_source) like channel_rules.utm_source_pattern
                )
                and (
                    channel_rules.utm_medium_pattern is null
                    or lower({{ origin }}.utm_medium) like channel_rules.utm_medium_pattern
                )
                and (
                    channel_rules.called_number is null
                    or channel_rules.called_number = {{ called_number }}
                )
                and (
                    channel_rules.source_word_pattern is null
                    or lower({{ origin }}.source_word) like channel_rules.source_word_pattern
                )
            order by channel_rules.priority
            limit 1
        ),
        case
            when coalesce(
                {{ origin }}.utm_source, {{ origin }}.utm_medium, {{ origin }}.source_word
            ) is null then '(blank)'
            else '(unmatched)'
        end
    )
{%- endmacro %}

{# The number a channel rule asks for, as phones are elsewhere. What is no phone stays as it is
   written and matches nothing: an empty one would ask nothing. #}
{% macro ruled_number(written) -%}
    coalesce({{ normalised_phone(written) }}, nullif(trim({{ written }}), ''))
{%- endmacro %}

{# A utm tag as a group of rows is named by it: cabinets and sites write it in different cases. #}
{% macro utm_word(tag) -%}
    coalesce(nullif(lower(trim({{ tag }})), ''), '(blank)')
{%- endmacro %}
