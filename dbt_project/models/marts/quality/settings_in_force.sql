-- Every setting that holds today: what it says, since when, who decided it and where it is written.
with

dated_settings as (
    {%- set channel_rule %}concat_ws(
            ', ',
            'utm_source ' || utm_source_pattern,
            'utm_medium ' || utm_medium_pattern,
            'called ' || called_number,
            'source ' || source_word_pattern
        ) || ' → ' || channel{% endset %}
    {%- set threshold = "concat_ws(': ', alert_rule, measure, nullif(scope, 'company'))" %}
    {%- for kind, model, id, name, value in [
        ('channel_rule', 'int_channel_rules', 'channel_rule_id', 'priority::text', channel_rule),
        (
            'stage_meaning', 'int_stage_meanings', 'stage_meaning_id', 'stage_id',
            "concat_ws(': ', pipeline_kind, stage_rank)"
        ),
        (
            'alert_threshold', 'int_alert_thresholds', 'alert_threshold_id', threshold,
            'trim_scale(threshold_value)::text'
        ),
        (
            'required_field', 'int_required_fields', 'required_field_id', 'field_name',
            "'required'"
        ),
        ('list_value', 'int_value_lists', 'value_list_id', 'field_name', 'list_value'),
    ] %}
    select
        '{{ kind }}' as setting_kind,
        {{ id }} as setting_id,
        {{ name }} as setting_name,
        {{ value }} as setting_value,
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

variables as (
    {%- for name in variables_of_the_company() %}
    {%- set value = var(name) if var(name) is string else tojson(var(name)) %}
    select '{{ name }}' as setting_name, '{{ value | replace("'", "''") }}' as setting_value
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

settings_in_force as (
    select
        setting_kind || ':' || setting_id as setting_id,
        setting_kind,
        setting_name,
        setting_value,
        valid_from_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from dated_settings
    where {{ holds_on('dated_settings', business_date(business_now())) }}
    union all
    select
        'variable:' || setting_name,
        'variable',
        setting_name,
        setting_value,
        null,
        null,
        null,
        'var',
        null,
        null
    from variables
)

select * from settings_in_force
