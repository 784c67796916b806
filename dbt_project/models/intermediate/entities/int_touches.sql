-- A meeting of a person with us that says, or could say, through which channel it came.
with

enquiries as (
    select
        enquiry_id,
        person_id,
        created_at,
        created_date,
        channel,
        utm_campaign,
        is_deleted
    from {{ ref('int_enquiries') }}
    where is_inbound and excluded_reason is null
),

int_touches as (
    select
        enquiry_id as touch_id,
        person_id,
        created_at as touched_at,
        created_date as touched_date,
        channel,
        utm_campaign,
        channel in ('{{ var("direct_channels") | join("', '") }}') as is_direct,
        is_deleted
    from enquiries
)

select * from int_touches
