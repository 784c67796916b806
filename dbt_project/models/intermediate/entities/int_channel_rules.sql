-- Which rules tell the channel, and when: those of the seed, until the workbook says something else
-- under the same priority. A rule of the workbook without a channel only ends the one before it.
with

rules as (
    select
        'seed:' || priority as channel_rule_id,
        priority,
        utm_source_pattern,
        utm_medium_pattern,
        {{ ruled_number('called_number') }} as called_number,
        source_word_pattern,
        channel,
        null::date as valid_from_date,
        null as changed_by,
        null as because,
        'seed' as setting_origin,
        null as sheet_name,
        null::bigint as row_number
    from {{ ref('channel_rules') }}
    union all
    select
        workbook_row_id,
        priority,
        utm_source_pattern,
        utm_medium_pattern,
        called_number,
        source_word_pattern,
        channel,
        valid_from_date,
        changed_by,
        because,
        'workbook',
        sheet_name,
        row_number
    from {{ ref('stg_workbook__channel_rules') }}
),

rules_with_end as (
    select
        *,
        lead(valid_from_date) over (
            partition by priority
            order by valid_from_date nulls first, channel_rule_id
        ) as valid_before_date
    from rules
),

int_channel_rules as (
    select
        channel_rule_id,
        priority,
        utm_source_pattern,
        utm_medium_pattern,
        called_number,
        source_word_pattern,
        channel,
        valid_from_date,
        valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number,
        false as is_deleted
    from rules_with_end
    where channel is not null
)

select * from int_channel_rules
