-- Which records make a frozen number another one today: what each changed, with its sign, and why.
with

restated as (
    select measure, period_start, dimension, dimension_value from {{ ref('restatements') }}
    where is_current
),

published as (
    select
        measure,
        period_start,
        record_type,
        record_id,
        channel,
        manager_id,
        -published_value as signed_change,
        false as is_counted_now,
        url
    from {{ ref('published_number_records') }}
),

frozen_periods as (
    select measure, period_start, published_at from {{ ref('published_numbers') }}
    where dimension = 'total'
),

counted as (
    select
        measure,
        date_trunc('month', counted_date)::date as period_start,
        record_type,
        record_id,
        channel,
        manager_id,
        value as signed_change,
        true as is_counted_now,
        url
    from {{ ref('int_counted_records') }}
),

enquiries as (
    select enquiry_id, person_id, excluded_reason from {{ ref('int_enquiries') }}
),

enquiry_records as (
    select record_id, enquiry_id from {{ ref('int_enquiry_records') }}
),

leads as (
    select lead_id, person_id, lead_kind, enquiry_ids from {{ ref('int_leads') }}
),

deals as (
    select deal_id, status, stage_meaning, deal_excluded_reason, first_paid_at
    from {{ ref('int_deals') }}
),

payments as (
    select payment_id, payment_excluded_reason from {{ ref('int_payments') }}
),

person_merges as (
    select person_id, max(merged_at) as merged_at from {{ ref('int_person_merges') }}
    group by person_id
),

lead_enquiries as (
    select enquiry.id as enquiry_id, leads.lead_id, leads.person_id
    from leads
    cross join lateral unnest(leads.enquiry_ids) as enquiry (id)
),

restated_periods as (
    select distinct measure, period_start from restated
),

before_and_now as (
    select * from published
    union all
    select * from counted
),

changes as (
    select before_and_now.*
    from before_and_now
    inner join restated_periods
        on before_and_now.measure = restated_periods.measure
        and before_and_now.period_start = restated_periods.period_start
),

changes_by_dimension as (
    select changes.*, dimensions.dimension, dimensions.dimension_value
    from changes
    cross join lateral (
        values ('total', 'total'), ('channel', changes.channel), ('manager', changes.manager_id)
    ) as dimensions (dimension, dimension_value)
),

record_changes as (
    select
        measure,
        period_start,
        dimension,
        dimension_value,
        record_type,
        record_id,
        sum(signed_change) as signed_change,
        max(url) as url
    from changes_by_dimension
    group by measure, period_start, dimension, dimension_value, record_type, record_id
    having sum(signed_change) <> 0
),

records_in_periods as (
    select
        measure,
        period_start,
        record_id,
        bool_or(not is_counted_now) as was_counted,
        bool_or(is_counted_now) as is_counted,
        sum(signed_change) as whole_change
    from changes
    group by measure, period_start, record_id
),

-- In whatever period.
records as (
    select
        measure,
        record_id,
        bool_or(not is_counted_now) as was_counted_anywhere,
        bool_or(is_counted_now) as is_counted_anywhere
    from before_and_now
    group by measure, record_id
),

-- Why a record that was counted counts no more.
why_gone as (
    select
        'payment' as record_type,
        payment_id as record_id,
        case payment_excluded_reason
            when 'not_posted' then 'payment_unposted'
            when 'marked_for_deletion' then 'payment_marked_for_deletion'
            else 'payment_is_no_sales_money'
        end as reason,
        null::timestamptz as merged_at
    from payments
    where payment_excluded_reason is not null
    union all
    select 'enquiry', enquiry_id, excluded_reason, null from enquiries
    where excluded_reason is not null
    union all
    -- A lead is named by its first enquiry, which now is excluded or of another lead.
    select
        'lead',
        enquiries.enquiry_id,
        coalesce(enquiries.excluded_reason, 'joined_to_another_lead'),
        case when enquiries.excluded_reason is null then person_merges.merged_at end
    from enquiries
    left join lead_enquiries
        on enquiries.enquiry_id = lead_enquiries.enquiry_id
    left join person_merges
        on lead_enquiries.person_id = person_merges.person_id
    where enquiries.enquiry_id is distinct from lead_enquiries.lead_id
    union all
    -- Two cards of one person who wrote twice within minutes: one enquiry, named by the first.
    select distinct
        named.record_type,
        enquiry_records.record_id,
        'joined_to_another_enquiry',
        person_merges.merged_at
    from enquiry_records
    cross join (values ('enquiry'), ('lead')) as named (record_type)
    inner join enquiries
        on enquiry_records.enquiry_id = enquiries.enquiry_id
    left join person_merges
        on enquiries.person_id = person_merges.person_id
    where enquiry_records.record_id <> enquiry_records.enquiry_id
    union all
    select
        'deal',
        deal_id,
        case
            when deal_excluded_reason is not null then deal_excluded_reason
            when stage_meaning = 'unmapped' then 'stage_unmapped'
        end,
        null
    from deals
    where deal_excluded_reason is not null or stage_meaning = 'unmapped'
),

known_records as (
    select 'payment' as record_type, payment_id as record_id from payments
    union all
    select 'enquiry', enquiry_id from enquiries
    union all
    select 'lead', lead_id from leads
    union all
    select 'deal', deal_id from deals
),

restatement_records as (
    select
        record_changes.measure,
        record_changes.period_start,
        record_changes.dimension,
        record_changes.dimension_value,
        record_changes.record_type,
        record_changes.record_id,
        record_changes.signed_change::numeric(18, 2) as signed_change,
        case
            when records_in_periods.was_counted and records_in_periods.is_counted
                then case
                    when records_in_periods.whole_change <> 0 then 'amount_changed'
                    when record_changes.dimension = 'manager' then 'moved_to_another_manager'
                    else 'moved_to_another_channel'
                end
            when not records_in_periods.was_counted
                then case
                    when records.was_counted_anywhere then 'dated_anew'
                    when record_changes.record_type = 'payment' then 'posted_late'
                    when record_changes.measure = 'sales_count'
                        or record_changes.measure like 'paid_within_%'
                        then 'money_came_late'
                    else 'came_late'
                end
            when why_gone.merged_at > frozen_periods.published_at then 'contact_merged'
            when why_gone.reason is not null then why_gone.reason
            when records.is_counted_anywhere then 'dated_anew'
            when known_records.record_id is null then 'erased'
            when record_changes.measure = 'new_leads_count' then 'customer_had_paid_before'
            when record_changes.measure = 'sales_count'
                or record_changes.measure like 'paid_within_%'
                then case
                    when deals.first_paid_at is not null then 'refunded_in_full'
                    else 'money_taken_back'
                end
            else 'stage_moved_back'
        end as reason,
        record_changes.url
    from record_changes
    inner join restated
        on record_changes.measure = restated.measure
        and record_changes.period_start = restated.period_start
        and record_changes.dimension = restated.dimension
        and record_changes.dimension_value = restated.dimension_value
    inner join records_in_periods
        on record_changes.measure = records_in_periods.measure
        and record_changes.period_start = records_in_periods.period_start
        and record_changes.record_id = records_in_periods.record_id
    inner join frozen_periods
        on record_changes.measure = frozen_periods.measure
        and record_changes.period_start = frozen_periods.period_start
    inner join records
        on record_changes.measure = records.measure
        and record_changes.record_id = records.record_id
    left join why_gone
        on record_changes.record_type = why_gone.record_type
        and record_changes.record_id = why_gone.record_id
    left join known_records
        on record_changes.record_type = known_records.record_type
        and record_changes.record_id = known_records.record_id
    left join deals
        on record_changes.record_id = deals.deal_id
)

select * from restatement_records
