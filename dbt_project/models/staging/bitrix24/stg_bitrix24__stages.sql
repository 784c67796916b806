-- Stages of every funnel of deals, and the statuses of leads as a pipeline of their own.
with

statuses as (
    select
        *,
        -- The first funnel's dictionary is DEAL_STAGE, that of another one DEAL_STAGE_<its id>.
        case
            when entity_id = 'STATUS' then 'lead'
            when entity_id = 'DEAL_STAGE' then '0'
            else substring(entity_id, '^DEAL_STAGE_(\d+)$')
        end as pipeline
    from {{ source('raw_bitrix24', 'statuses') }}
),

categories as (
    select account_name, id::text as pipeline, name
    from {{ source('raw_bitrix24', 'categories') }}
),

stg_bitrix24__stages as (
    select
        {{ source_key(
            'bitrix24', 'statuses.account_name', "statuses.pipeline || ':' || statuses.status_id"
        ) }} as stage_id,
        {{ source_key('bitrix24', 'statuses.account_name', 'statuses.pipeline') }} as pipeline_id,
        coalesce(categories.name, 'Лиды') as pipeline_name,
        statuses.name as stage_name
    from statuses
    left join categories
        on statuses.account_name = categories.account_name
        and statuses.pipeline = categories.pipeline
    where
        statuses.pipeline = 'lead'
        or categories.pipeline is not null
)

select * from stg_bitrix24__stages
