-- amoCRM's API calls deals "leads"; here they are deals. A deal deleted in the CRM is gone from the
-- list: what we loaded before stays and is marked; of one deleted before we ever read it, other
-- records still tell when it was born and where it stood. The last word about a deal counts: the
-- bin, an event of deletion or of restoring, its own last edit, or that amoCRM has it no more.
with

leads as (
    select * from {{ source('raw_amocrm', 'leads') }}
),

deletion_events as (
    {{ amocrm_deletion_events('lead') }}
),

-- The bin keeps a deal for a while, an event for longer; each may be missing.
tombstones as (
    select
        account_name,
        id,
        max(deleted_at) as deleted_at,
        max(restored_at) as restored_at
    from (
        select account_name, id, updated_at as deleted_at, null::timestamptz as restored_at
        from {{ source('raw_amocrm', 'deleted_leads') }}
        union all
        select account_name, entity_id, deleted_at, restored_at
        from deletion_events
    ) as told
    group by account_name, id
),

accounts as (
    select account_name, web_url from {{ ref('stg_amocrm__accounts') }}
),

-- The first trace of a deal outside itself: the event of its creation, or its unsorted item.
first_traces as (
    select account_name, deal_id, min(created_at) as created_at
    from (
        select account_name, entity_id as deal_id, created_at
        from {{ source('raw_amocrm', 'events') }}
        where type = 'lead_added'
        union all
        select account_name, (leads #>> '{0,id}')::bigint, created_at
        from {{ source('raw_amocrm', 'unsorted') }}
    ) as traces
    group by account_name, deal_id
),

last_stage_events as (
    select distinct on (account_name, entity_id)
        account_name,
        entity_id,
        value_after #>> '{0,lead_status,id}' as status_id,
        value_after #>> '{0,lead_status,pipeline_id}' as pipeline_id
    from {{ source('raw_amocrm', 'events') }}
    where type = 'lead_status_changed'
    order by account_name, entity_id, created_at desc, id desc
),

loss_reasons as (
    select account_name, id, name from {{ source('raw_amocrm', 'loss_reasons') }}
),

main_pipelines as (
    select distinct on (account_name) account_name, id
    from {{ source('raw_amocrm', 'pipelines') }}
    order by account_name, is_main desc, sort
),

known as (
    select
        leads.account_name,
        leads.id,
        leads.name,
        leads.price,
        leads.pipeline_id::text as pipeline_id,
        leads.status_id::text as status_id,
        leads.loss_reason_id,
        leads.responsible_user_id,
        leads.created_at,
        leads.updated_at,
        leads.closed_at,
        leads.tags,
        leads.contacts,
        leads.companies,
        leads.custom_fields_values,
        {{ amocrm_is_deleted('leads', 'tombstones.deleted_at', 'tombstones.restored_at') }}
            as is_deleted,
        -- What amoCRM told is the moment itself, `_gone_at` only when we noticed.
        case
            when tombstones.deleted_at > coalesce(tombstones.restored_at, '-infinity')
                then tombstones.deleted_at
            else leads._gone_at
        end as deleted_at
    from leads
    left join tombstones
        on leads.account_name = tombstones.account_name
        and leads.id = tombstones.id
),

known_only_by_events as (
    select
        tombstones.account_name,
        tombstones.id,
        null::text as name,
        null::numeric as price,
        coalesce(last_stage_events.pipeline_id, main_pipelines.id::text) as pipeline_id,
        last_stage_events.status_id,
        null::bigint as loss_reason_id,
        null::bigint as responsible_user_id,
        first_traces.created_at,
        tombstones.deleted_at as updated_at,
        tombstones.deleted_at as closed_at,
        null::jsonb as tags,
        null::jsonb as contacts,
        null::jsonb as companies,
        null::jsonb as custom_fields_values,
        true as is_deleted,
        tombstones.deleted_at
    from tombstones
    inner join first_traces
        on tombstones.account_name = first_traces.account_name
        and tombstones.id = first_traces.deal_id
    left join last_stage_events
        on tombstones.account_name = last_stage_events.account_name
        and tombstones.id = last_stage_events.entity_id
    left join main_pipelines
        on tombstones.account_name = main_pipelines.account_name
    where
        tombstones.deleted_at > coalesce(tombstones.restored_at, '-infinity')
        and not exists (
            select 1 from leads
            where leads.account_name = tombstones.account_name and leads.id = tombstones.id
        )
),

every_deal as (
    select * from known
    union all
    select * from known_only_by_events
),

stg_amocrm__deals as (
    select
        {{ source_key('amocrm', 'every_deal.account_name', 'every_deal.id::text') }} as deal_id,
        'amocrm:' || every_deal.account_name as account_id,
        every_deal.name as deal_name,
        every_deal.price as budget_amount,
        {{ source_key('amocrm', 'every_deal.account_name', 'every_deal.pipeline_id') }}
            as pipeline_id,
        {{ source_key(
            'amocrm',
            'every_deal.account_name',
            "every_deal.pipeline_id || ':' || every_deal.status_id",
        ) }} as stage_id,
        -- The reason is meaningful only while the deal stands in 143.
        case when every_deal.status_id = '143' then loss_reasons.name end as loss_reason,
        {{ amocrm_manager('every_deal.account_name', 'every_deal.responsible_user_id') }}
            as manager_id,
        every_deal.created_at,
        every_deal.updated_at,
        every_deal.closed_at,
        {{ source_key('amocrm', 'every_deal.account_name', "coalesce(
            jsonb_path_query_first(every_deal.contacts, '$[*] ? (@.is_main == true).id') #>> '{}',
            every_deal.contacts #>> '{0,id}'
        )") }} as contact_id,
        {{ source_key('amocrm', 'every_deal.account_name', "(every_deal.companies #>> '{0,id}')") }}
            as company_id,
        array(
            select lower(trim(tag.value #>> '{}'))
            from jsonb_path_query(every_deal.tags, '$[*].name') as tag (value)
        ) as tags,
        {{ amocrm_field('SOURCE', 'every_deal.custom_fields_values') }} as source_word,
        {{ amocrm_field('UTM_SOURCE', 'every_deal.custom_fields_values') }} as utm_source,
        {{ amocrm_field('UTM_MEDIUM', 'every_deal.custom_fields_values') }} as utm_medium,
        {{ amocrm_field('UTM_CAMPAIGN', 'every_deal.custom_fields_values') }} as utm_campaign,
        -- The visitor's id at a counter of the site, such as "_ym_uid:1734680388574908198".
        array(
            select lower(field.value ->> 'field_code') || ':' || trim(visitor.number)
            from jsonb_path_query(every_deal.custom_fields_values, '$[*]') as field (value)
            cross join lateral (select field.value #>> '{values,0,value}' as number) as visitor
            where
                field.value ->> 'field_code' in ('{{ var("client_id_fields") | join("', '") }}')
                and trim(visitor.number) <> ''
            order by field.value ->> 'field_code'
        ) as client_ids,
        {{ amocrm_field('CITY', 'every_deal.custom_fields_values') }} as city,
        {{ amocrm_field('CLIENT_TYPE', 'every_deal.custom_fields_values') }} as client_type,
        {{ amocrm_field('INVOICE_NUMBER', 'every_deal.custom_fields_values') }} as invoice_number,
        {{ rating_number(
            amocrm_field(var('service_rating_field'), 'every_deal.custom_fields_values')
        ) }} as service_rating,
        every_deal.is_deleted,
        case
            when every_deal.is_deleted then coalesce(every_deal.deleted_at, every_deal.updated_at)
        end as deleted_at,
        accounts.web_url || '/leads/detail/' || every_deal.id as deal_url
    from every_deal
    left join loss_reasons
        on every_deal.account_name = loss_reasons.account_name
        and every_deal.loss_reason_id = loss_reasons.id
    left join accounts
        on every_deal.account_name = accounts.account_name
)

select * from stg_amocrm__deals
