-- Lost deals by the day they were closed and the reason given. No reason is a reason too.
with

deals as (
    select
        {{ business_date('closed_at') }} as closed_date,
        manager_id,
        channel,
        coalesce(nullif(btrim(loss_reason), ''), '(blank)') as loss_reason,
        budget_amount
    from {{ ref('int_deals') }}
    where status = 'lost' and deal_excluded_reason is null
),

int_losses_daily as (
    select
        closed_date as metric_date,
        manager_id,
        channel,
        loss_reason,
        count(*)::integer as loss_count,
        coalesce(sum(budget_amount), 0) as loss_amount
    from deals
    group by closed_date, manager_id, channel, loss_reason
)

select * from int_losses_daily
