with

deals as (
    select * from {{ ref('int_deals_with_exclusions') }}
    where was_ever_in_sales
),

leads as (
    select lead_id, channel, enquiry_ids from {{ ref('int_leads') }}
),

enquiries as (
    select enquiry_id, channel, deal_ids, is_inbound from {{ ref('int_enquiries') }}
),

managers as (
    select manager_id, manager_name from {{ ref('int_managers') }}
),

manager_spans as (
    select manager_id, department_name, valid_from, valid_to
    from {{ ref('int_manager_spans') }}
),

responsible_spans as (
    select deal_id, manager_id, valid_from, valid_to
    from {{ ref('int_deal_spans_by_responsible') }}
),

payments as (
    select payment_id, paid_at from {{ ref('int_payments') }}
),

allocations as (
    select payment_id, deal_id, allocated_amount from {{ ref('int_payment_allocations') }}
),

shipment_allocations as (
    select deal_id, shipped_amount, cost_amount from {{ ref('int_shipment_allocations') }}
),

deal_enquiries as (
    select deal.id as deal_id, enquiries.enquiry_id, enquiries.channel
    from enquiries
    cross join lateral unnest(enquiries.deal_ids) as deal (id)
),

enquiry_leads as (
    select enquiry.id as enquiry_id, leads.lead_id, leads.channel
    from leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
),

responsible_at_close as (
    select deals.deal_id, responsible_spans.manager_id
    from deals
    inner join responsible_spans
        on deals.deal_id = responsible_spans.deal_id
        and responsible_spans.valid_from
        <= coalesce(deals.final_stage_entered_at, {{ business_now() }})
        and responsible_spans.valid_to
        > coalesce(deals.final_stage_entered_at, {{ business_now() }})
),

money as (
    select
        allocations.deal_id,
        sum(allocations.allocated_amount) as paid_amount,
        min(payments.paid_at) filter (where allocations.allocated_amount > 0) as first_paid_at
    from allocations
    inner join payments
        on allocations.payment_id = payments.payment_id
    group by allocations.deal_id
),

goods as (
    select
        deal_id,
        sum(shipped_amount) as shipped_amount,
        -- A cost that one document lacks makes the deal's unknown.
        case when bool_and(cost_amount is not null) then sum(cost_amount) end as cost_amount
    from shipment_allocations
    group by deal_id
),

int_deals as (
    select
        deals.deal_id,
        case when deals.excluded_reason is null then enquiry_leads.lead_id end as lead_id,
        deals.person_id,
        deals.customer_id,
        coalesce(deals.deal_name, deals.deal_id) as deal_name,
        deals.status,
        deals.excluded_reason as deal_excluded_reason,
        deals.pipeline_id,
        deals.pipeline_kind,
        deals.stage_id,
        deals.stage_name,
        deals.stage_rank,
        deals.stage_meaning,
        deals.highest_rank_number,
        deals.created_at,
        {{ business_date('deals.created_at') }} as created_date,
        case when deals.status = 'won' then deals.final_stage_entered_at end as won_at,
        case when deals.status = 'lost' then deals.final_stage_entered_at end as lost_at,
        deals.final_stage_entered_at as closed_at,
        case when deals.status = 'lost' then deals.loss_reason end as loss_reason,
        deals.budget_amount,
        case when deals.status = 'won' then deals.budget_amount else 0 end as bookings_amount,
        coalesce(money.paid_amount, 0) as paid_amount,
        money.first_paid_at,
        coalesce(goods.shipped_amount, 0) as shipped_amount,
        goods.cost_amount,
        goods.shipped_amount - goods.cost_amount as margin_amount,
        coalesce(money.paid_amount, 0) > 0 and goods.cost_amount is null as is_margin_missing,
        '{{ company_currency() }}' as currency_code,
        coalesce(responsible_at_close.manager_id, 'unassigned') as manager_id,
        managers.manager_name,
        coalesce(deals.manager_id, 'unassigned') as present_manager_id,
        manager_spans.department_name,
        coalesce(enquiry_leads.channel, deal_enquiries.channel, '(blank)') as channel,
        deals.city,
        deals.client_type,
        deals.is_deleted,
        deals.deal_url
    from deals
    left join deal_enquiries
        on deals.deal_id = deal_enquiries.deal_id
    left join enquiry_leads
        on deal_enquiries.enquiry_id = enquiry_leads.enquiry_id
    left join responsible_at_close
        on deals.deal_id = responsible_at_close.deal_id
    left join managers
        on coalesce(responsible_at_close.manager_id, 'unassigned') = managers.manager_id
    -- The department is the one its manager was in when it closed.
    left join manager_spans
        on managers.manager_id = manager_spans.manager_id
        and manager_spans.valid_from
        <= coalesce(deals.final_stage_entered_at, {{ business_now() }})
        and manager_spans.valid_to
        > coalesce(deals.final_stage_entered_at, {{ business_now() }})
    left join money
        on deals.deal_id = money.deal_id
    left join goods
        on deals.deal_id = goods.deal_id
)

select * from int_deals
