with

enquiries as (
    select created_date, channel, excluded_reason from {{ ref('int_enquiries') }}
    where is_inbound
),

int_enquiries_daily as (
    select
        created_date as metric_date,
        channel,
        count(*)::integer as enquiries_count,
        count(*) filter (where excluded_reason is not null)::integer as excluded_enquiries_count
    from enquiries
    group by created_date, channel
)

select * from int_enquiries_daily
