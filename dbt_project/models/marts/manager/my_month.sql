-- A manager's month: the measures of managers_monthly for oneself, and one's place among the
-- colleagues who had anything in the month, without their names. 1 is the best place.
with

every_month as (
    select * from {{ ref('managers_monthly') }}
    where manager_id <> 'unassigned'
),

readers as (
    select manager_id, reader_logins from {{ ref('int_manager_readers') }}
),

with_anything as (
    select
        *,
        (
            leads_count + deals_count + won_deals_count + lost_deals_count + sales_count
            + payments_count
        ) > 0 as has_anything
    from every_month
),

my_month as (
    select
        with_anything.month_start,
        with_anything.manager_id,
        with_anything.manager_name,
        with_anything.department_name,
        with_anything.leads_count,
        with_anything.qualified_leads_count,
        with_anything.proposal_leads_count,
        with_anything.won_leads_count,
        with_anything.paid_leads_count,
        with_anything.lead_to_qualified_share,
        with_anything.lead_to_proposal_share,
        with_anything.lead_to_won_share,
        with_anything.lead_to_paid_share,
        with_anything.company_lead_to_proposal_share,
        with_anything.company_lead_to_paid_share,
        with_anything.deals_count,
        with_anything.won_deals_count,
        with_anything.lost_deals_count,
        with_anything.win_rate_count_share,
        with_anything.win_rate_amount_share,
        with_anything.bookings_amount,
        with_anything.sales_count,
        with_anything.average_check_amount,
        with_anything.revenue_amount,
        with_anything.margin_amount,
        with_anything.list_amount,
        with_anything.discount_amount,
        with_anything.discount_share,
        with_anything.shipped_without_list_price_amount,
        with_anything.currency_code,
        with_anything.response_median_minutes,
        with_anything.response_within_sla_share,
        case when with_anything.has_anything then rank() over by_revenue end::integer
            as revenue_rank,
        case when with_anything.has_anything then rank() over by_sales end::integer
            as sales_rank,
        case when with_anything.has_anything then rank() over by_lead_to_paid end::integer
            as lead_to_paid_rank,
        case when with_anything.has_anything then rank() over by_response end::integer
            as response_rank,
        count(*) filter (where with_anything.has_anything) over (
            partition by with_anything.month_start
        )::integer as ranked_managers_count,
        coalesce(readers.reader_logins, '{}') as reader_logins
    from with_anything
    left join readers
        on with_anything.manager_id = readers.manager_id
    window
        by_revenue as (
            partition by with_anything.month_start, with_anything.has_anything
            order by with_anything.revenue_amount desc
        ),
        by_sales as (
            partition by with_anything.month_start, with_anything.has_anything
            order by with_anything.sales_count desc
        ),
        by_lead_to_paid as (
            partition by with_anything.month_start, with_anything.has_anything
            order by with_anything.lead_to_paid_share desc nulls last
        ),
        by_response as (
            partition by with_anything.month_start, with_anything.has_anything
            order by with_anything.response_median_minutes nulls last
        )
)

select * from my_month
