-- Why deals were lost, by the month they were closed. Those nobody gave a reason for come first:
-- they are the ones to ask about.
with

losses as (
    select
        date_trunc('month', metric_date)::date as month_start,
        manager_id,
        channel,
        loss_reason,
        sum(loss_count)::integer as loss_count,
        sum(loss_amount) as loss_amount
    from {{ ref('int_losses_daily') }}
    group by month_start, manager_id, channel, loss_reason
),

managers as (
    select manager_id, manager_name, department_name from {{ ref('int_managers') }}
),

company as (
    select month_start, loss_reason, sum(loss_count) as loss_count
    from losses
    group by month_start, loss_reason
),

positions as (
    select
        month_start,
        loss_reason,
        row_number() over (
            partition by month_start
            order by
                loss_reason = '(blank)' desc,
                lower(loss_reason) like any (array['друг%', 'проч%', 'інш%', 'other%']) desc,
                loss_count desc,
                loss_reason
        )::integer as position
    from company
),

loss_reasons_monthly as (
    select
        losses.month_start,
        positions.position,
        losses.loss_reason,
        losses.manager_id,
        managers.manager_name,
        managers.department_name,
        losses.channel,
        losses.loss_count,
        losses.loss_amount,
        '{{ company_currency() }}' as currency_code
    from losses
    inner join positions
        on losses.month_start = positions.month_start
        and losses.loss_reason = positions.loss_reason
    left join managers
        on losses.manager_id = managers.manager_id
)

select * from loss_reasons_monthly
