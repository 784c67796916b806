-- The funnel by origin: leads, how many of them were won, and the money they brought to date.
select
    channel as origin,
    sum(leads_count) as leads,
    sum(won_leads_count) as won,
    round(sum(won_leads_count)::numeric / nullif(sum(leads_count), 0), 4) as conversion,
    sum(cohort_revenue_amount) as money
from :marketing.channels_monthly
group by channel
order by leads desc
