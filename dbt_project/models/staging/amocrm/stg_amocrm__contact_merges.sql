-- Contacts that were merged into another. amoCRM's event names one of the two and not which is
-- left. The phones and addresses of both are the survivor's and tell by themselves; where there are
-- none, an unsorted item still names the one that is gone, and its deal the survivor.
with

contacts as (
    select account_name, id, _gone_at from {{ source('raw_amocrm', 'contacts') }}
),

merges as (
    select account_name, entity_id, max(created_at) as merged_at
    from {{ source('raw_amocrm', 'events') }}
    where type = 'entity_merged' and entity_type = 'contact'
    group by account_name, entity_id
),

unsorted as (
    select
        account_name,
        (leads #>> '{0,id}')::bigint as deal_id,
        (contacts #>> '{0,id}')::bigint as contact_id
    from {{ source('raw_amocrm', 'unsorted') }}
),

deals as (
    select
        account_name,
        id,
        coalesce(
            jsonb_path_query_first(contacts, '$[*] ? (@.is_main == true).id') #>> '{}',
            contacts #>> '{0,id}'
        )::bigint as contact_id
    from {{ source('raw_amocrm', 'leads') }}
),

-- Worked out first: few cards are gone, and Postgres would go through all unsorted items once for
-- every merge. An event may name either card.
moved as materialized (
    select gone.account_name, gone.id, deals.contact_id as survivor_id
    from contacts as gone
    inner join unsorted
        on gone.account_name = unsorted.account_name
        and gone.id = unsorted.contact_id
    inner join deals
        on unsorted.account_name = deals.account_name
        and unsorted.deal_id = deals.id
        and unsorted.contact_id <> deals.contact_id
    where gone._gone_at is not null
),

pairs as (
    select
        moved.account_name,
        moved.id,
        min(moved.survivor_id) as survivor_id,
        max(merges.merged_at) as merged_at
    from moved
    cross join lateral (values (moved.survivor_id), (moved.id)) as either (id)
    inner join merges
        on moved.account_name = merges.account_name
        and either.id = merges.entity_id
    group by moved.account_name, moved.id
    -- Two deals that moved to two contacts tell of no merge.
    having count(distinct moved.survivor_id) = 1
),

stg_amocrm__contact_merges as (
    select
        {{ source_key('amocrm', 'account_name', 'id::text') }} as merged_contact_id,
        {{ source_key('amocrm', 'account_name', 'survivor_id::text') }} as contact_id,
        merged_at
    from pairs
)

select * from stg_amocrm__contact_merges
