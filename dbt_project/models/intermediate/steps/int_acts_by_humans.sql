-- What people (not robots) did to deals and to the persons behind them. A missed call is an act of
-- the caller, not ours.
with

notes as (
    select note_id, note_type, deal_id, contact_id, manager_id, call_seconds, created_at
    from {{ ref('stg_amocrm__notes') }}
),

stage_changes as (
    select event_id, deal_id, changed_by_manager_id, changed_at
    from {{ ref('stg_amocrm__stage_changes') }}
),

tasks as (
    select task_id, deal_id, completed_by_manager_id, completed_at
    from {{ ref('stg_amocrm__tasks') }}
),

person_records as (
    select record_id, person_id from {{ ref('int_person_records_joined') }}
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
        person_records.person_id,
        notes.manager_id,
        notes.created_at as acted_at
    from notes
    left join person_records
        on notes.contact_id = person_records.record_id
    where
        notes.manager_id is not null
        and (notes.note_type <> 'call_in' or notes.call_seconds > 0)
    union all
    select event_id, 'stage_move', deal_id, null, changed_by_manager_id, changed_at
    from stage_changes
    where changed_by_manager_id is not null
    union all
    select task_id, 'task_done', deal_id, null, completed_by_manager_id, completed_at
    from tasks
    where completed_by_manager_id is not null and deal_id is not null
    union all
    -- An export tells of no single act, but a deal does not close itself.
    select deal_id || '-closed', 'stage_move', deal_id, null, manager_id, closed_at
    from export_deals
)

select * from int_acts_by_humans
