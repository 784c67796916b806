-- Everything worth a message now. Who hears of it, how often, in which words: not decided here.
with

alert_candidates as (
    select * from {{ ref('alert_deals_overdue') }}
    union all
    select * from {{ ref('alert_no_new_leads') }}
)

select * from alert_candidates
