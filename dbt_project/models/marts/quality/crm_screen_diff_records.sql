-- The records between the CRM's own screen and the agreed numbers. Both are lists of records,
-- matched by deal: what stands in both under the same manager and month differs in nothing; all
-- else is a row that goes from the screen, or one that comes with us, and none is a remainder.
with

deals as (
    select
        deal_id,
        lead_id,
        deal_excluded_reason,
        created_date,
        pipeline_kind,
        manager_id,
        present_manager_id,
        is_deleted,
        deal_url
    from {{ ref('int_deals') }}
),

leads as (
    select lead_id, primary_deal_id, created_date, manager_id from {{ ref('int_leads') }}
),

reasons as (
    select reason, explanation from {{ ref('crm_screen_reasons') }}
),

measures (measure) as (
    values ('deals_count'), ('leads_count')
),

-- What a person sees who opens the list of the month's deals in the CRM.
on_screen as (
    select
        measures.measure,
        deals.deal_id,
        deals.present_manager_id as manager_id,
        date_trunc('month', deals.created_date)::date as month_start
    from deals
    cross join measures
    where
        not deals.is_deleted
        and deals.pipeline_kind = 'sales'
        and deals.deal_id not like 'exports:%'
),

ours as (
    select
        'deals_count' as measure,
        'deal' as record_type,
        deal_id as record_id,
        deal_id,
        manager_id,
        date_trunc('month', created_date)::date as month_start
    from deals
    where deal_excluded_reason is null
    union all
    select
        'leads_count',
        'lead',
        lead_id,
        primary_deal_id,
        manager_id,
        date_trunc('month', created_date)::date
    from leads
),

matched as (
    select
        coalesce(on_screen.measure, ours.measure) as measure,
        coalesce(on_screen.deal_id, ours.deal_id) as deal_id,
        ours.record_type,
        ours.record_id,
        on_screen.manager_id as screen_manager_id,
        on_screen.month_start as screen_month_start,
        ours.manager_id as our_manager_id,
        ours.month_start as our_month_start
    from on_screen
    full join ours
        on on_screen.measure = ours.measure
        and on_screen.deal_id = ours.deal_id
    where
        (on_screen.manager_id, on_screen.month_start)
        is distinct from (ours.manager_id, ours.month_start)
),

matched_with_reasons as (
    select
        matched.*,
        deals.deal_url,
        case
            when matched.screen_month_start is not null and matched.our_month_start is not null
                then case
                    when matched.screen_month_start <> matched.our_month_start
                        then 'lead_of_another_month'
                    else 'responsible_at_close'
                end
            when matched.record_id is null
                then case
                    when deals.deal_excluded_reason is not null then deals.deal_excluded_reason
                    when deals.lead_id is not null then 'further_deal_of_lead'
                    else 'no_inbound_enquiry'
                end
            when matched.record_id like 'exports:%' then 'not_in_the_crm'
            when matched.deal_id is null then 'lead_without_deal'
            else 'in_another_pipeline'
        end as reason
    from matched
    left join deals
        on matched.deal_id = deals.deal_id
),

differences as (
    select
        measure,
        screen_manager_id as manager_id,
        screen_month_start as month_start,
        'deal' as record_type,
        deal_id as record_id,
        -1 as row_count,
        reason,
        deal_url
    from matched_with_reasons
    where screen_month_start is not null
    union all
    select
        measure,
        our_manager_id,
        our_month_start,
        record_type,
        record_id,
        1,
        reason,
        deal_url
    from matched_with_reasons
    where our_month_start is not null
),

crm_screen_diff_records as (
    select
        differences.measure,
        differences.manager_id,
        differences.month_start,
        differences.record_type,
        differences.record_id,
        differences.row_count,
        differences.reason,
        reasons.explanation,
        differences.deal_url as url
    from differences
    left join reasons
        on differences.reason = reasons.reason
)

select * from crm_screen_diff_records
