-- How the models of attribution divide each lead among the touches of its way.
with

lead_touches as (
    select
        lead_id,
        touch_id,
        touched_at,
        channel,
        is_direct,
        created_at,
        created_date,
        touch_number,
        touches_count
    from {{ ref('int_lead_touches_ordered') }}
),

removal_effects as (
    select channel, removal_effect from {{ ref('int_channel_removal_effects') }}
),

touches as (
    select
        lead_touches.lead_id,
        lead_touches.touch_id,
        lead_touches.channel,
        lead_touches.created_date,
        lead_touches.touch_number,
        lead_touches.touches_count,
        coalesce(removal_effects.removal_effect, 0) as removal_effect,
        sum(coalesce(removal_effects.removal_effect, 0)) over way as removal_effect_of_way,
        -- The last that says where it came from; where none does, the last.
        first_value(lead_touches.touch_number) over (
            partition by lead_touches.lead_id
            order by lead_touches.is_direct, lead_touches.touch_number desc
        ) as last_telling_number,
        extract(epoch from lead_touches.created_at - lead_touches.touched_at) / 86400 as age_days
    from lead_touches
    left join removal_effects
        on lead_touches.channel = removal_effects.channel
    window way as (partition by lead_touches.lead_id)
),

weights as (
    select
        touches.lead_id,
        touches.touch_id,
        touches.touch_number,
        touches.channel,
        touches.created_date,
        weight.attribution_model,
        weight.weight
    from touches
    cross join lateral (
        values
        ('last_non_direct', (touches.touch_number = touches.last_telling_number)::integer),
        ('first', (touches.touch_number = 1)::integer),
        ('last', (touches.touch_number = touches.touches_count)::integer),
        ('linear', 1),
        (
            'position',
            case
                when touches.touches_count <= 2 then 1
                when touches.touch_number in (1, touches.touches_count)
                    then {{ var('attribution_end_share') }}
                else (1 - 2 * {{ var('attribution_end_share') }}) / (touches.touches_count - 2)
            end
        ),
        (
            'time_decay',
            power(0.5, touches.age_days / {{ var('attribution_half_life_days') }})
        ),
        -- Where no channel of the way was ever needed, they share alike.
        (
            'markov',
            case when touches.removal_effect_of_way > 0 then touches.removal_effect else 1 end
        )
    ) as weight (attribution_model, weight)
),

shares as (
    select
        *,
        round((weight / sum(weight) over way_of_model)::numeric, 9) as share,
        first_value(touch_id) over (
            partition by lead_id, attribution_model order by weight desc, touch_number desc
        ) as heaviest_touch_id
    from weights
    window way_of_model as (partition by lead_id, attribution_model)
),

-- What rounding left over goes to the heaviest touch, so that the credits of a lead are one lead.
whole_shares as (
    select
        *,
        share
        + case when touch_id = heaviest_touch_id then 1 - sum(share) over way_of_model else 0 end
            as credit_share
    from shares
    window way_of_model as (partition by lead_id, attribution_model)
),

int_touch_credits as (
    select
        md5(lead_id || '|' || touch_id || '|' || attribution_model) as touch_credit_id,
        lead_id,
        touch_id,
        attribution_model,
        attribution_model = '{{ var("attribution_model") }}' as is_official,
        channel,
        created_date as lead_created_date,
        touch_number,
        trim_scale(credit_share) as credit_share,
        false as is_deleted
    from whole_shares
    where credit_share > 0
)

select * from int_touch_credits
