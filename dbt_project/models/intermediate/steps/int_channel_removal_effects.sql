-- Which share of the won leads a channel is needed for: leads walk from channel to channel, each
-- step as probable as it was in all ways seen (a Markov chain of the first order). Removing a
-- channel ends every walk that enters it; the removal effect is the share of wins lost by that.
--
-- The chain is solved by squaring its matrix: ten times reach 1,024 steps. What is less probable
-- than 1e-15 is left out: products of such numbers are beyond what Postgres holds.
{% set squarings = 10 -%}
with

lead_touches as (
    select lead_id, touch_number, touches_count, channel, is_won
    from {{ ref('int_lead_touches_ordered') }}
),

steps as (
    select
        coalesce(
            lag(channel) over (partition by lead_id order by touch_number), '(start)'
        ) as from_state,
        channel as to_state
    from lead_touches
    union all
    select channel as from_state, case when is_won then '(won)' else '(not won)' end as to_state
    from lead_touches
    where touch_number = touches_count
),

probabilities as (
    select
        from_state,
        to_state,
        count(*)::double precision / sum(count(*)) over (partition by from_state) as probability
    from steps
    group by from_state, to_state
),

-- The whole chain, and the chain without each channel; walks that are not won count for nothing.
removals as (
    select distinct channel as removed_channel from lead_touches
    union all
    select '(none)'
),

power_0 as (
    select removals.removed_channel, probabilities.from_state, probabilities.to_state,
        probabilities.probability
    from removals
    inner join probabilities
        on removals.removed_channel not in (probabilities.from_state, probabilities.to_state)
    where probabilities.to_state <> '(not won)'
    union all
    select removed_channel, '(won)', '(won)', 1
    from removals
),
{% for number in range(squarings) %}
power_{{ number + 1 }} as (
    select first_part.removed_channel, first_part.from_state, second_part.to_state,
        sum(first_part.probability * second_part.probability) as probability
    from power_{{ number }} as first_part
    inner join power_{{ number }} as second_part
        on first_part.removed_channel = second_part.removed_channel
        and first_part.to_state = second_part.from_state
    group by first_part.removed_channel, first_part.from_state, second_part.to_state
    having sum(first_part.probability * second_part.probability) > 1e-15
),
{% endfor %}
won as (
    select removed_channel, probability
    from power_{{ squarings }}
    where from_state = '(start)' and to_state = '(won)'
),

int_channel_removal_effects as (
    select
        removals.removed_channel as channel,
        1 - coalesce(won_without.probability, 0) / won_in_all.probability as removal_effect
    from removals
    inner join won as won_in_all
        on won_in_all.removed_channel = '(none)'
    left join won as won_without
        on removals.removed_channel = won_without.removed_channel
    where removals.removed_channel <> '(none)'
)

select * from int_channel_removal_effects
