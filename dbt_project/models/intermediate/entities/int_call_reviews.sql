-- What a supervisor thought of a call. People name a call as its exchange or the CRM shows it: by
-- its id, with or without our prefix, or by the link to its recording.
with

reviews as (
    select * from {{ ref('stg_workbook__call_reviews') }}
),

managers as (
    select stated_manager_name, manager_id from {{ ref('int_workbook_managers_recognised') }}
),

calls as (
    select call_id, call_keys, note_ids, recording_url, manager_id, deal_id
    from {{ ref('int_calls') }}
),

names_of_calls as (
    select call_id, call_id as name from calls
    union
    select call_id, split_part(call_id, ':', 3) from calls
    union
    select call_id, recording_url from calls
    union
    select calls.call_id, call_key.name
    from calls
    cross join lateral unnest(calls.call_keys || calls.note_ids) as call_key (name)
),

calls_reviewed as (
    select reviews.workbook_row_id, min(names_of_calls.call_id) as call_id
    from reviews
    inner join names_of_calls
        on reviews.stated_call = names_of_calls.name
    group by reviews.workbook_row_id
    having count(distinct names_of_calls.call_id) = 1
),

scores as (
    select reviews.workbook_row_id, round(avg(point.score::numeric), 2) as review_score
    from reviews
    cross join lateral jsonb_each_text(reviews.script_points) as point (name, score)
    group by reviews.workbook_row_id
),

int_call_reviews as (
    select
        reviews.workbook_row_id as call_review_id,
        calls_reviewed.call_id,
        reviews.stated_call,
        reviews.stated_call_date,
        calls.deal_id,
        -- The exchange knows who talked; the supervisor, where it does not.
        coalesce(
            nullif(calls.manager_id, 'unassigned'),
            managers.manager_id,
            case
                when reviews.stated_manager_name is null then 'unassigned'
                else '(unmatched)'
            end
        ) as manager_id,
        reviews.stated_manager_name,
        reviews.script_points,
        scores.review_score,
        reviews.comment_text,
        reviews.sheet_name,
        reviews.row_number,
        false as is_deleted
    from reviews
    left join calls_reviewed
        on reviews.workbook_row_id = calls_reviewed.workbook_row_id
    left join calls
        on calls_reviewed.call_id = calls.call_id
    left join managers
        on reviews.stated_manager_name = managers.stated_manager_name
    left join scores
        on reviews.workbook_row_id = scores.workbook_row_id
)

select * from int_call_reviews
