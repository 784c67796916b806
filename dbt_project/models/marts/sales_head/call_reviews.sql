-- What supervisors thought of calls, point by point of their script. A call nobody can find by what
-- was written stays a row: its score is the manager's all the same.
with

reviews as (
    select * from {{ ref('int_call_reviews') }}
),

points as (
    select reviews.call_review_id, point.name as script_point, point.score::numeric as point_score
    from reviews
    cross join lateral jsonb_each_text(reviews.script_points) as point (name, score)
),

calls as (
    select call_id, started_at, call_direction, call_seconds, recording_url
    from {{ ref('int_calls') }}
),

deals as (
    select deal_id, deal_name, deal_url from {{ ref('int_deals') }}
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

call_reviews as (
    select
        reviews.call_review_id,
        points.script_point,
        points.point_score,
        reviews.review_score,
        reviews.stated_call_date,
        reviews.stated_call,
        reviews.call_id,
        calls.started_at,
        calls.call_direction,
        calls.call_seconds,
        reviews.manager_id,
        coalesce(managers.manager_name, reviews.stated_manager_name) as manager_name,
        managers.department_name,
        reviews.comment_text,
        deals.deal_id,
        deals.deal_name,
        deals.deal_url,
        calls.recording_url
    from reviews
    left join points
        on reviews.call_review_id = points.call_review_id
    left join calls
        on reviews.call_id = calls.call_id
    left join deals
        on reviews.deal_id = deals.deal_id
    left join managers
        on reviews.manager_id = managers.manager_id
)

select * from call_reviews
