-- The first reason, in the agreed order, for which an item of the inbox does not count. Our own
-- employees are told by the person.
with

inbox_items as (
    select * from {{ ref('int_inbox_items_unioned') }}
),

exclusion_rules as (
    select field, pattern, excluded_reason from {{ ref('exclusion_rules') }}
),

reasons_given as (
    {{ reasons_given('inbox_items', 'inbox_item_id') }}
),

int_inbox_items_with_exclusions as (
    select
        inbox_items.*,
        case
            when inbox_items.is_deleted then 'deleted_in_crm'
            when reasons_given.is_test then 'test'
            when reasons_given.is_spam then 'spam'
            when reasons_given.is_not_a_buyer then 'not_a_buyer'
        end as excluded_reason
    from inbox_items
    left join reasons_given
        on inbox_items.inbox_item_id = reasons_given.inbox_item_id
)

select * from int_inbox_items_with_exclusions
