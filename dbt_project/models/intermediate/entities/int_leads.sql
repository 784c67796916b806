-- One intent of one person to buy. A lead starts at an enquiry that comes later than everything the
-- person's earlier enquiries cover, or that a customer who has already paid makes with a deal.
with

countable_enquiries as (
    select
        enquiry_id,
        person_id,
        customer_id,
        created_at,
        created_date,
        channel,
        utm_source,
        utm_campaign,
        city,
        client_type,
        deal_ids
    from {{ ref('int_enquiries') }}
    where is_inbound and excluded_reason is null
),

deals as (
    select
        deal_id,
        status,
        excluded_reason,
        created_at,
        final_stage_entered_at,
        highest_rank_number
    from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales
),

first_payments as (
    select customer_id, min(paid_at) as first_paid_at
    from {{ ref('int_payments') }}
    where payment_excluded_reason is null and not is_refund
    group by customer_id
),

responsible_spans as (
    select deal_id, manager_id, valid_from, valid_to
    from {{ ref('int_deal_spans_by_responsible') }}
),

human_acts as (
    select deal_id, person_id, acted_at from {{ ref('int_activities') }}
    where is_by_human
),

enquiry_deals as (
    select
        countable_enquiries.enquiry_id,
        deals.deal_id,
        deals.status,
        deals.created_at,
        deals.final_stage_entered_at,
        deals.highest_rank_number
    from countable_enquiries
    cross join lateral unnest(countable_enquiries.deal_ids) as deal (id)
    inner join deals
        on deal.id = deals.deal_id
    where deals.excluded_reason is null
),

-- An enquiry ends with its last deal: the far future while one is open.
last_deals as (
    select distinct on (enquiry_id)
        enquiry_id,
        status,
        case when status = 'open' then 'infinity'::timestamptz else final_stage_entered_at end
            as ended_at
    from enquiry_deals
    order by
        enquiry_id,
        (status = 'open') desc,
        final_stage_entered_at desc,
        (status = 'won') desc,
        deal_id
),

-- A span covers an enquiry to its end plus the window in which the next one is the same intent.
enquiry_spans as (
    select
        countable_enquiries.enquiry_id,
        countable_enquiries.person_id,
        countable_enquiries.created_at,
        coalesce(last_deals.ended_at, countable_enquiries.created_at)
        + case
            when last_deals.status = 'won'
                then interval '{{ var("lead_window_days_after_won") }} days'
            else interval '{{ var("lead_window_days_after_lost") }} days'
        end as covered_until,
        first_payments.first_paid_at < countable_enquiries.created_at
        and last_deals.enquiry_id is not null
            as is_paid_customer_with_own_deal
    from countable_enquiries
    left join last_deals
        on countable_enquiries.enquiry_id = last_deals.enquiry_id
    left join first_payments
        on countable_enquiries.customer_id = first_payments.customer_id
),

enquiries_after_spans as (
    select
        *,
        max(covered_until) over (
            partition by person_id
            order by created_at, enquiry_id
            rows between unbounded preceding and 1 preceding
        ) as covered_before
    from enquiry_spans
),

lead_numbers as (
    select
        enquiry_id,
        person_id,
        created_at,
        count(*) filter (
            where
                covered_before is null
                or created_at > covered_before
                or is_paid_customer_with_own_deal
        ) over (
            partition by person_id
            order by created_at, enquiry_id
            rows unbounded preceding
        ) as lead_number
    from enquiries_after_spans
),

leads as (
    select
        person_id,
        lead_number,
        (array_agg(enquiry_id order by created_at, enquiry_id))[1] as lead_id,
        array_agg(enquiry_id order by created_at, enquiry_id) as enquiry_ids,
        min(created_at) as created_at
    from lead_numbers
    group by person_id, lead_number
),

lead_deals as (
    select leads.lead_id, enquiry_deals.*
    from leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
    inner join enquiry_deals
        on enquiry.id = enquiry_deals.enquiry_id
),

lead_outcomes as (
    select
        lead_id,
        count(*)::integer as deals_count,
        count(*) filter (where status = 'won')::integer as won_deals_count,
        max(highest_rank_number) as highest_rank_number,
        min(final_stage_entered_at) filter (where status = 'won') as first_won_at
    from lead_deals
    group by lead_id
),

-- The won deal, else the open one, else the latest.
primary_deals as (
    select distinct on (lead_id) lead_id, deal_id, final_stage_entered_at
    from lead_deals
    order by
        lead_id,
        case status when 'won' then 1 when 'open' then 2 else 3 end,
        case when status = 'won' then final_stage_entered_at end,
        created_at desc,
        deal_id desc
),

-- A lead belongs to who was responsible for its primary deal when it closed, else to who is now.
lead_managers as (
    select primary_deals.lead_id, responsible_spans.manager_id
    from primary_deals
    inner join responsible_spans
        on primary_deals.deal_id = responsible_spans.deal_id
        and responsible_spans.valid_from
        <= coalesce(primary_deals.final_stage_entered_at, {{ business_now() }})
        and responsible_spans.valid_to
        > coalesce(primary_deals.final_stage_entered_at, {{ business_now() }})
),

-- Beside it who got the lead first: the responsible of its first deal when that was made.
first_managers as (
    select distinct on (lead_deals.lead_id) lead_deals.lead_id, responsible_spans.manager_id
    from lead_deals
    inner join responsible_spans
        on lead_deals.deal_id = responsible_spans.deal_id
        and lead_deals.created_at >= responsible_spans.valid_from
        and lead_deals.created_at < responsible_spans.valid_to
    order by lead_deals.lead_id, lead_deals.created_at, lead_deals.deal_id
),

worked_leads as (
    select distinct lead_deals.lead_id
    from lead_deals
    inner join human_acts
        on lead_deals.deal_id = human_acts.deal_id
    union
    select leads.lead_id
    from leads
    inner join human_acts
        on leads.person_id = human_acts.person_id
        and human_acts.acted_at
        >= leads.created_at - interval '{{ var("same_event_minutes") }} minutes'
),

int_leads as (
    select
        leads.lead_id,
        leads.person_id,
        first_enquiries.customer_id,
        leads.created_at,
        first_enquiries.created_date,
        first_enquiries.channel,
        first_enquiries.utm_source,
        first_enquiries.utm_campaign,
        first_enquiries.city,
        first_enquiries.client_type,
        case
            when first_payments.first_paid_at < leads.created_at then 'repeat'
            else 'new'
        end as lead_kind,
        coalesce(lead_managers.manager_id, 'unassigned') as manager_id,
        coalesce(first_managers.manager_id, 'unassigned') as first_manager_id,
        primary_deals.deal_id as primary_deal_id,
        coalesce(lead_outcomes.highest_rank_number >= {{ rank_number('qualified') }}, false)
            as is_qualified,
        coalesce(lead_outcomes.highest_rank_number >= {{ rank_number('proposal_sent') }}, false)
            as has_proposal,
        coalesce(lead_outcomes.won_deals_count, 0) > 0 as is_won,
        lead_outcomes.first_won_at as won_at,
        worked_leads.lead_id is not null as is_worked_by_human,
        coalesce(lead_outcomes.deals_count, 0) as deals_count,
        cardinality(leads.enquiry_ids) - 1 as joined_enquiries_count,
        leads.enquiry_ids,
        false as is_deleted
    from leads
    inner join countable_enquiries as first_enquiries
        on leads.lead_id = first_enquiries.enquiry_id
    left join first_payments
        on first_enquiries.customer_id = first_payments.customer_id
    left join lead_outcomes
        on leads.lead_id = lead_outcomes.lead_id
    left join primary_deals
        on leads.lead_id = primary_deals.lead_id
    left join lead_managers
        on leads.lead_id = lead_managers.lead_id
    left join first_managers
        on leads.lead_id = first_managers.lead_id
    left join worked_leads
        on leads.lead_id = worked_leads.lead_id
)

select * from int_leads
