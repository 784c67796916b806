-- Every lead is divided wholly, in every model: channels of any model add up to the leads.
with

leads as (
    select lead_id from {{ ref('int_leads') }}
),

models as (
    select unnest(
        array['last_non_direct', 'first', 'last', 'linear', 'position', 'time_decay', 'markov']
    ) as attribution_model
),

credits as (
    select lead_id, attribution_model, sum(credit_share) as credits_sum
    from {{ ref('int_touch_credits') }}
    group by lead_id, attribution_model
)

select leads.lead_id, models.attribution_model, credits.credits_sum
from leads
cross join models
left join credits
    on leads.lead_id = credits.lead_id
    and models.attribution_model = credits.attribution_model
where credits.credits_sum is distinct from 1
