-- What customers answered, from 0 to 10: 9 and 10 recommend us, 6 and less warn of us.
with

surveys as (
    select survey_date, manager_id, survey_score from {{ ref('int_surveys') }}
    where survey_score is not null
),

int_surveys_daily as (
    select
        survey_date as metric_date,
        manager_id,
        count(*)::integer as answers_count,
        count(*) filter (where survey_score >= 9)::integer as promoters_count,
        count(*) filter (where survey_score <= 6)::integer as detractors_count
    from surveys
    group by survey_date, manager_id
)

select * from int_surveys_daily
