-- Does early contact pay? Of the leads of the last year that are old enough to have been won, by
-- how often somebody talked with them in their first days: how many were won, and the 95 % interval
-- of that share (Wilson), for a share of few leads says little. It says what goes together, and not
-- that one brings about the other.
with

leads as (
    select * from {{ ref('int_early_conversations_daily') }}
    where
        metric_date > {{ business_date(business_now()) }} - 365 - {{ var('cohort_days') | min }}
        and metric_date <= {{ business_date(business_now()) }} - {{ var('cohort_days') | min }}
),

totals as (
    select
        early_conversations_count,
        sum(talked_leads_count)::integer as talked_leads_count,
        sum(talked_won_leads_count)::integer as talked_won_leads_count
    from leads
    group by early_conversations_count
),

early_contact_effect as (
    select
        early_conversations_count,
        talked_leads_count,
        talked_won_leads_count,
        {{ talked_to_won_share('totals') }} as talked_to_won_share,
        {{ talked_to_won_share_from('totals') }} as share_from,
        {{ talked_to_won_share_to('totals') }} as share_to
    from totals
)

select * from early_contact_effect
