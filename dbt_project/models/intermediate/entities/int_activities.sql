-- What was done about deals and persons. A missed call and what a customer wrote are acts of the
-- customer, not ours; calls within the house are nobody's business.
with

calls as (
    select call_id, call_direction, is_answered, deal_id, person_id, manager_id, started_at
    from {{ ref('int_calls') }}
    where call_direction = 'out' or (call_direction = 'in' and is_answered)
),

notes as (
    select note_id, note_type, deal_id, crm_lead_id, contact_id, manager_id, created_at
    from {{ ref('int_notes_unioned') }}
    where note_type not in ('call_in', 'call_out', 'sms_in', 'mail_in', 'chat_in')
),

stage_changes as (
    select event_id, deal_id, crm_lead_id, changed_by_manager_id, changed_at
    from {{ ref('int_stage_changes_unioned') }}
),

tasks as (
    select task_id, deal_id, crm_lead_id, completed_by_manager_id, completed_at
    from {{ ref('int_tasks_unioned') }}
    where completed_at is not null
),

inbox_items as (
    select inbox_item_id, person_record_id from {{ ref('int_inbox_items_unioned') }}
),

export_deals as (
    select deal_id, manager_id, closed_at from {{ ref('stg_exports__deals') }}
    where closed_at is not null
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
),

-- What is done about a CRM's lead is done about the person behind it.
persons_of_leads as (
    select inbox_items.inbox_item_id as crm_lead_id, person_records.person_id
    from inbox_items
    inner join person_records
        on inbox_items.person_record_id = person_records.record_id
),

acts as (
    select
        call_id as act_id,
        case call_direction when 'out' then 'call_made' else 'call_answered' end as act_kind,
        deal_id,
        person_id,
        nullif(manager_id, 'unassigned') as manager_id,
        started_at as acted_at,
        manager_id <> 'unassigned' as is_by_human
    from calls
    union all
    select
        notes.note_id,
        case
            when notes.note_type in ('sms_out', 'mail_out', 'chat_out') then 'message'
            else 'note'
        end,
        notes.deal_id,
        coalesce(person_records.person_id, persons_of_leads.person_id),
        notes.manager_id,
        notes.created_at,
        notes.manager_id is not null
    from notes
    left join person_records
        on notes.contact_id = person_records.record_id
    left join persons_of_leads
        on notes.crm_lead_id = persons_of_leads.crm_lead_id
    union all
    select
        stage_changes.event_id,
        'stage_move',
        stage_changes.deal_id,
        persons_of_leads.person_id,
        stage_changes.changed_by_manager_id,
        stage_changes.changed_at,
        stage_changes.changed_by_manager_id is not null
    from stage_changes
    left join persons_of_leads
        on stage_changes.crm_lead_id = persons_of_leads.crm_lead_id
    union all
    select
        tasks.task_id,
        'task_done',
        tasks.deal_id,
        persons_of_leads.person_id,
        tasks.completed_by_manager_id,
        tasks.completed_at,
        tasks.completed_by_manager_id is not null
    from tasks
    left join persons_of_leads
        on tasks.crm_lead_id = persons_of_leads.crm_lead_id
    union all
    -- An export tells of no single act, but a deal does not close itself.
    select deal_id || '-closed', 'stage_move', deal_id, null, manager_id, closed_at, true
    from export_deals
),

int_activities as (
    select
        act_id,
        act_kind,
        deal_id,
        person_id,
        coalesce(manager_id, 'unassigned') as manager_id,
        acted_at,
        {{ business_date('acted_at') }} as acted_date,
        is_by_human,
        false as is_deleted
    from acts
)

select * from int_activities
