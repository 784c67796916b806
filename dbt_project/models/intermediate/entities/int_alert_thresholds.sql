-- Above which number there is something to say, and since when. The newest decision holds, wherever
-- it is written down; of two of one day that of the workbook.
with

thresholds as (
    select
        'seed:' || alert_rule || ':' || measure || ':' || scope || ':' || valid_from
            as alert_threshold_id,
        alert_rule,
        measure,
        scope,
        threshold_value,
        valid_from as valid_from_date,
        changed_by,
        because,
        'seed' as setting_origin,
        null as sheet_name,
        null::bigint as row_number
    from {{ ref('alert_thresholds') }}
    union all
    select
        workbook_row_id,
        alert_rule,
        measure,
        scope,
        threshold_value,
        valid_from_date,
        changed_by,
        because,
        'workbook',
        sheet_name,
        row_number
    from {{ ref('stg_workbook__alert_thresholds') }}
),

int_alert_thresholds as (
    select
        alert_threshold_id,
        alert_rule,
        measure,
        scope,
        threshold_value,
        valid_from_date,
        lead(valid_from_date) over (
            partition by alert_rule, measure, scope
            order by valid_from_date, setting_origin = 'workbook', alert_threshold_id
        ) as valid_before_date,
        changed_by,
        because,
        setting_origin,
        sheet_name,
        row_number,
        false as is_deleted
    from thresholds
)

select * from int_alert_thresholds
