-- The way of every lead: what its person met us through before it, its own enquiry last.
with

leads as (
    select lead_id, person_id, created_at, created_date, is_won from {{ ref('int_leads') }}
),

touches as (
    select touch_id, person_id, touched_at, channel, is_direct from {{ ref('int_touches') }}
),

int_lead_touches_ordered as (
    select
        leads.lead_id,
        touches.touch_id,
        touches.touched_at,
        touches.channel,
        touches.is_direct,
        leads.is_won,
        leads.created_at,
        leads.created_date,
        row_number() over (
            partition by leads.lead_id
            order by touches.touched_at, touches.touch_id = leads.lead_id, touches.touch_id
        )::integer as touch_number,
        count(*) over (partition by leads.lead_id)::integer as touches_count
    from leads
    inner join touches
        on leads.person_id = touches.person_id
        and touches.touched_at <= leads.created_at
        and touches.touched_at
        >= leads.created_at - interval '{{ var("attribution_window_days") }} days'
        and (touches.touched_at < leads.created_at or touches.touch_id <= leads.lead_id)
)

select * from int_lead_touches_ordered
