-- What people (not robots) did to deals and to the persons behind them. A missed call is an act of
-- the caller, not ours.
with

notes as (
    select
        note_id,
        note_type,
        deal_id,
        crm_lead_id,
        contact_id,
        manager_id,
        call_seconds,
        created_at
    from {{ ref('int_notes_unioned') }}
),

stage_changes as (
    select event_id, deal_id, crm_lead_id, changed_by_manager_id, changed_at
    from {{ ref('int_stage_changes_unioned') }}
),

tasks as (
    select task_id, deal_id, crm_lead_id, completed_by_manager_id, completed_at
    from {{ ref('int_tasks_unioned') }}
),

inbox_items as (
    select inbox_item_id, person_record_id from {{ ref('int_inbox_items_unioned') }}
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

export_deals as (
    select deal_id, manager_id, closed_at from {{ ref('stg_exports__deals') }}
    where closed_at is not null
),

int_acts_by_humans as (
    select
        notes.note_id as act_id,
        case
            when notes.note_type = 'call_in' then 'call_answered'
            when notes.note_type = 'call_out' then 'call_made'
            else 'note'
        end as act_kind,
        notes.deal_id,
        coalesce(person_records.person_id, persons_of_leads.person_id) as person_id,
        notes.manager_id,
        notes.created_at as acted_at
    from notes
    left join person_records
        on notes.contact_id = person_records.record_id
    left join persons_of_leads
        on notes.crm_lead_id = persons_of_leads.crm_lead_id
    where
        notes.manager_id is not null
        and (notes.note_type <> 'call_in' or notes.call_seconds > 0)
    union all
    select
        stage_changes.event_id,
        'stage_move',
        stage_changes.deal_id,
        persons_of_leads.person_id,
        stage_changes.changed_by_manager_id,
        stage_changes.changed_at
    from stage_changes
    left join persons_of_leads
        on stage_changes.crm_lead_id = persons_of_leads.crm_lead_id
    where stage_changes.changed_by_manager_id is not null
    union all
    select
        tasks.task_id,
        'task_done',
        tasks.deal_id,
        persons_of_leads.person_id,
        tasks.completed_by_manager_id,
        tasks.completed_at
    from tasks
    left join persons_of_leads
        on tasks.crm_lead_id = persons_of_leads.crm_lead_id
    where
        tasks.completed_by_manager_id is not null
        and (tasks.deal_id is not null or persons_of_leads.person_id is not null)
    union all
    -- An export tells of no single act, but a deal does not close itself.
    select deal_id || '-closed', 'stage_move', deal_id, null, manager_id, closed_at
    from export_deals
)

select * from int_acts_by_humans
