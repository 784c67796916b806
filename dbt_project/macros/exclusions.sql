{# What the tags and the loss reason of each record say against counting it: a row for every record
   that a rule of `exclusion_rules` speaks of. `records` is a relation with tags (lower case) and
   loss_reason, `key` its key. #}
{% macro reasons_given(records, key) -%}
    select
        {{ records }}.{{ key }},
        bool_or(exclusion_rules.excluded_reason = 'test') as is_test,
        bool_or(exclusion_rules.excluded_reason = 'spam') as is_spam,
        bool_or(exclusion_rules.excluded_reason = 'not_a_buyer') as is_not_a_buyer
    from {{ records }}
    inner join exclusion_rules
        on (exclusion_rules.field = 'tag' and exclusion_rules.pattern = any({{ records }}.tags))
        or (
            exclusion_rules.field = 'loss_reason'
            and lower({{ records }}.loss_reason) like exclusion_rules.pattern
        )
    group by {{ records }}.{{ key }}
{%- endmacro %}
