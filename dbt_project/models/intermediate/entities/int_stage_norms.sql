-- How long a deal may stay in a stage: as nine of ten stays did that ended lately.
with

spans as (
    select stage_id, entered_at, left_at from {{ ref('int_deal_stage_spans') }}
    where
        pipeline_kind = 'sales'
        and left_at > {{ business_now() }} - interval '{{ var("stage_norm_days") }} days'
        and left_at <= {{ business_now() }}
),

int_stage_norms as (
    select
        stage_id,
        round(
            (percentile_cont(0.9) within group (
                order by extract(epoch from left_at - entered_at) / 86400
            ))::numeric,
            1
        ) as stage_norm_days,
        false as is_deleted
    from spans
    group by stage_id
    having count(*) >= {{ var('stage_norm_stays') }}
)

select * from int_stage_norms
