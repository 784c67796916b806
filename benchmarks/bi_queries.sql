-- What BI tools ask of the marts: a title in a comment, then the query, ended by a semicolon.
-- %(manager_id)s, %(channel)s, %(deal_id)s and %(month)s are filled in by benchmarks/bi_queries.py.

-- director: this month by day
select metric_date, revenue_amount, leads_count, sales_count
from mart_director.kpis_daily
where metric_date >= date_trunc('month', current_date)
order by metric_date;

-- director: the screen
select label, current_value, previous_value, year_ago_value
from mart_director.kpis_current
order by position;

-- director: 13 months
select
    date_trunc('month', metric_date)::date as month_start,
    sum(revenue_amount) as revenue_amount,
    sum(margin_amount) as margin_amount,
    sum(sales_count) as sales_count,
    sum(leads_count) as leads_count
from mart_director.kpis_daily
where metric_date >= date_trunc('month', current_date) - interval '12 months'
group by month_start
order by month_start;

-- director: year over year
select
    extract(month from metric_date) as month_of_year,
    sum(revenue_amount) filter (
        where metric_date >= date_trunc('year', current_date)
    ) as revenue_amount,
    sum(revenue_amount) filter (
        where metric_date < date_trunc('year', current_date)
    ) as revenue_amount_before
from mart_director.kpis_daily
where metric_date >= date_trunc('year', current_date) - interval '1 year'
group by month_of_year
order by month_of_year;

-- director: a running total of the year
select metric_date, sum(revenue_amount) over (order by metric_date) as revenue_to_date
from mart_director.kpis_daily
where metric_date >= date_trunc('year', current_date)
order by metric_date;

-- director: the bridge in one line and the age of data
select step, row_count, (select max(last_loaded_at) from mart_director.data_age) as last_loaded_at
from mart_director.bridge_current
where row_kind = 'subtotal'
order by position;

-- sales head: managers of a month by revenue
select manager_name, leads_count, won_deals_count, revenue_amount, lead_to_paid_share
from mart_sales_head.managers_monthly
where month_start = %(month)s
order by revenue_amount desc
limit 10;

-- sales head: one manager by month
select month_start, leads_count, sales_count, revenue_amount, response_median_minutes
from mart_sales_head.managers_monthly
where manager_id = %(manager_id)s
order by month_start;

-- sales head: departments against a year ago
select
    department_name,
    sum(revenue_amount) filter (where month_start = %(month)s) as revenue_amount,
    sum(revenue_amount) filter (where month_start < %(month)s) as revenue_amount_year_ago
from mart_sales_head.managers_monthly
where month_start in (%(month)s, (%(month)s::date - interval '1 year')::date)
group by department_name
order by revenue_amount desc nulls last;

-- sales head: open deals of one manager, the oldest first
select deal_name, stage_name, stage_age_days, budget_amount, deal_url
from mart_sales_head.deals
where manager_id = %(manager_id)s and status = 'open'
order by stage_age_days desc
limit 50;

-- sales head: open deals by stage
select stage_name, count(*) as deals_count, sum(budget_amount) as budget_amount
from mart_sales_head.deals
where status = 'open' and deal_excluded_reason is null
group by stage_name
order by deals_count desc;

-- sales head: the largest deals of a month
select deal_name, customer_name, manager_name, paid_amount, deal_url
from mart_sales_head.deals
where created_at >= %(month)s and created_at < %(month)s::date + interval '1 month'
order by paid_amount desc nulls last
limit 20;

-- sales head: why deals were lost, by month
select
    date_trunc('month', closed_at)::date as month_start,
    coalesce(loss_reason, '(blank)') as loss_reason,
    count(*) as deals_count,
    sum(budget_amount) as budget_amount
from mart_sales_head.deals
where status = 'lost' and closed_at >= current_date - 180
group by month_start, coalesce(loss_reason, '(blank)')
order by month_start, deals_count desc;

-- sales head: deals without a next step
select manager_name, count(*) as deals_count
from mart_sales_head.deals
where status = 'open' and open_tasks_count = 0
group by manager_name
order by deals_count desc;

-- sales head: one deal
select * from mart_sales_head.deals
where deal_id = %(deal_id)s;

-- sales head: deals of a city and type of client
select city, client_type, count(*) as deals_count, sum(paid_amount) as paid_amount
from mart_sales_head.deals
where channel = %(channel)s
group by city, client_type
order by paid_amount desc nulls last
limit 20;

-- sales head: calls of the last 7 days by manager and day
select started_date, manager_name, count(*) as calls_count, sum(call_seconds) / 60.0 as talk_minutes
from mart_sales_head.calls
where started_date >= current_date - 7
group by started_date, manager_name
order by started_date, manager_name;

-- sales head: calls of one manager in a month, newest first
select started_at, call_direction, person_name, call_seconds, recording_url, deal_url
from mart_sales_head.calls
where
    manager_id = %(manager_id)s
    and started_date >= %(month)s
    and started_date < %(month)s::date + interval '1 month'
order by started_at desc
limit 100;

-- sales head: calls nobody answered, by hour of the day
select extract(hour from started_at) as hour_of_day, count(*) as calls_count
from mart_sales_head.calls
where not is_answered and started_date >= current_date - 30
group by hour_of_day
order by hour_of_day;

-- marketing: channels of a month
select channel, spend_amount, leads_count, cpl_amount, revenue_amount, romi_ratio, is_mature
from mart_marketing.channels_monthly
where month_start = %(month)s
order by spend_amount desc;

-- marketing: one channel by month
select month_start, spend_amount, leads_count, cpl_amount, lead_to_paid_share
from mart_marketing.channels_monthly
where channel = %(channel)s
order by month_start;

-- marketing: channels of a year by returns
select
    channel,
    sum(spend_amount) as spend_amount,
    sum(cohort_margin_amount) as cohort_margin_amount,
    (sum(cohort_margin_amount) - sum(spend_amount)) / nullif(sum(spend_amount), 0) as romi_ratio
from mart_marketing.channels_monthly
where month_start >= date_trunc('month', current_date) - interval '12 months'
group by channel
order by romi_ratio desc nulls last;

-- marketing: year over year by channel
select
    channel,
    sum(leads_count) filter (where month_start = %(month)s) as leads_count,
    sum(leads_count) filter (where month_start < %(month)s) as leads_count_year_ago
from mart_marketing.channels_monthly
where month_start in (%(month)s, (%(month)s::date - interval '1 year')::date)
group by channel;

-- finance: the bridge of a month
select position, step, row_kind, sum(row_count) as row_count, sum(amount) as amount
from mart_finance.reconciliation_bridge
where grain = 'month' and period_start = %(month)s
group by position, step, row_kind
order by position;

-- finance: the bridge of a channel by week
select period_start, step, row_count, amount
from mart_finance.reconciliation_bridge
where
    grain = 'week' and channel = %(channel)s and row_kind = 'subtotal'
    and period_start >= current_date - 90
order by period_start, position;

-- finance: the records behind one step of a month
select record_type, record_id, row_count, amount, reason, url
from mart_finance.reconciliation_bridge_rows
where grain = 'month' and period_start = %(month)s and step = 'payment_without_deal'
order by amount desc;

-- finance: money of a month by day
select period_start, sum(amount) as amount, sum(row_count) as payments_count
from mart_finance.reconciliation_bridge
where
    grain = 'day' and step = 'payments'
    and period_start >= %(month)s
    and period_start < %(month)s::date + interval '1 month'
group by period_start
order by period_start;

-- finance: published revenue by month
select period_start, published_value, published_at
from mart_finance.published_numbers
where measure = 'revenue_amount' and dimension = 'total'
order by period_start;

-- finance: the records of a published number
select record_id, channel, manager_id, published_value, url
from mart_finance.published_number_records
where measure = 'revenue_amount' and period_start = %(month)s
order by published_value desc
limit 100;

-- quality: why is my deal not counted
select place, record_type, record_id, fact, happened_at, reason, amount
from mart_quality.record_trace
where chain_id in (
    select chain_id from mart_quality.record_trace where record_id = %(deal_id)s
)
order by chain_id, place;

-- quality: the CRM's screen against ours, of one month
select measure, manager_name, crm_count, our_count, difference
from mart_quality.crm_screen_diff
where month_start = %(month)s and difference <> 0
order by abs(difference) desc;

-- quality: the records between
select record_type, record_id, row_count, reason, url
from mart_quality.crm_screen_diff_records
where month_start = %(month)s and manager_id = %(manager_id)s;

-- alerts: what is wrong now, by manager
select alert_rule, manager_name, observed_value, threshold_value, since_at
from mart_alerts.alert_candidates
order by severity, since_at;
