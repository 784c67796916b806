-- Every setting that holds today: what it says, since when, who decided it and where it is written.
with

channel_rules as (
    select * from {{ ref('int_channel_rules') }}
),

stage_meanings as (
    select * from {{ ref('int_stage_meanings') }}
),

alert_thresholds as (
    select * from {{ ref('int_alert_thresholds') }}
),

required_fields as (
    select * from {{ ref('int_required_fields') }}
),

value_lists as (
    select * from {{ ref('int_value_lists') }}
),

dated_settings as (
    select
        'channel_rule' as setting_kind,
        channel_rule_id as setting_id,
        priority::text as setting_name,
        concat_ws(
            ', ',
            'utm_source ' || utm_source_pattern,
            'utm_medium ' || utm_medium_pattern,
            'called ' || called_number,
            'source ' || source_word_pattern
        ) || ' → ' || channel as setting_value,
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from channel_rules
    union all
    select
        'stage_meaning',
        stage_meaning_id,
        stage_id,
        concat_ws(': ', pipeline_kind, stage_rank),
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from stage_meanings
    union all
    select
        'alert_threshold',
        alert_threshold_id,
        concat_ws(': ', alert_rule, measure, nullif(scope, 'company')),
        trim_scale(threshold_value)::text,
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from alert_thresholds
    union all
    select
        'required_field',
        required_field_id,
        field_name,
        'required',
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from required_fields
    union all
    select
        'list_value',
        value_list_id,
        field_name,
        list_value,
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number
    from value_lists
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
