with

pipelines as (
    select account_name, id, name from {{ source('raw_amocrm', 'pipelines') }}
),

statuses as (
    select account_name, pipeline_id, id, name
    from {{ source('raw_amocrm', 'pipeline_statuses') }}
),

stg_amocrm__stages as (
    select
        {{ source_key(
            'amocrm', 'statuses.account_name', "statuses.pipeline_id || ':' || statuses.id"
        ) }} as stage_id,
        {{ source_key('amocrm', 'statuses.account_name', 'statuses.pipeline_id::text') }}
            as pipeline_id,
        pipelines.name as pipeline_name,
        statuses.name as stage_name
    from statuses
    inner join pipelines
        on statuses.account_name = pipelines.account_name
        and statuses.pipeline_id = pipelines.id
)

select * from stg_amocrm__stages
