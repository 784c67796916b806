"""What a deal in the CRM must say before its numbers can be trusted (meaning: hygiene).

A deal the company has agreed not to count (deleted, test, spam...) is nobody's to repair, so it
is not checked. Fields are asked for from the moment a manager can know them: budget, city and
client type once a lead is qualified, the source from the first second; and only while the company
requires them, as its settings say.
"""

from __future__ import annotations

from expectations.contract import (
    ACCOUNTANT,
    DATA_OWNER,
    MANAGER,
    MARKETER,
    SALES_HEAD,
    Expectation,
    QualityContract,
    Records,
)

ASSET = "intermediate/int_deals"

EVERY_DEAL = Records(
    relation="{intermediate}.int_deals as deal",
    record_id="deal.deal_id",
    title="deal.deal_name",
    url="deal.deal_url",
    manager_id="deal.manager_id",
)
DEALS = EVERY_DEAL.where("deal.deal_excluded_reason is null")
OPEN_DEALS = DEALS.where("deal.status = 'open'")
LOST_DEALS = DEALS.where("deal.status = 'lost'")
QUALIFIED_OR_WON_DEALS = DEALS.where(
    "deal.status = 'won' or (deal.status = 'open' and deal.stage_rank in"
    " ('qualified', 'proposal_sent', 'negotiation', 'contract', 'invoice_sent'))"
)

# Left joins, one row per deal: the joined key is null exactly when there is no such thing.
WITH_OPEN_TASK = """left join (
    select task.deal_id
    from {intermediate}.int_tasks as task
    where not task.is_completed and not task.is_deleted
    group by task.deal_id
) as open_task on open_task.deal_id = deal.deal_id"""
WITH_OVERDUE_TASK = """left join (
    select task.deal_id
    from {intermediate}.int_tasks as task
    where task.is_overdue and not task.is_completed and not task.is_deleted
    group by task.deal_id
) as overdue_task on overdue_task.deal_id = deal.deal_id"""
WITH_MONEY = """left join (
    select allocation.deal_id
    from {intermediate}.int_payment_allocations as allocation
    group by allocation.deal_id
    having sum(allocation.allocated_amount) > 0
) as money on money.deal_id = deal.deal_id"""
WITH_MANAGER = """left join {intermediate}.int_managers as manager
    on manager.manager_id = deal.manager_id"""

HOLDS_NOW = """(setting.valid_from_date is null or setting.valid_from_date <= {now})
        and (setting.valid_before_date is null or {now} < setting.valid_before_date)"""


def is_set(settings: str, field: str, says: str = "true") -> str:
    """Whether a setting of the field that says so holds now."""
    return f"""exists (
        select from {{intermediate}}.{settings} as setting
        where setting.field_name = '{field}' and {says} and {HOLDS_NOW}
    )"""


def required(records: Records, field: str) -> Records:
    """Those records while the settings require the field, else none."""
    return records.where(is_set("int_required_fields", field))


def listed(records: Records, field: str) -> Records:
    """Those records that say something in the field, while the settings list its values."""
    return records.where(f"nullif(trim(deal.{field}), '') is not null").where(
        is_set("int_value_lists", field)
    )


def is_listed(field: str) -> str:
    """Whether the deal says in the field one of the values that the settings list."""
    return is_set("int_value_lists", field, f"setting.list_value = deal.{field}")


# One row per stage that counted deals stand in: one stage is one row of the seed to add, however
# many deals wait for it. A stage's id holds its pipeline's. Deals of an export have no stage.
STAGES = Records(
    relation="""(
    select
        deal.pipeline_id,
        deal.stage_id,
        min(deal.stage_name) as stage_name,
        min(deal.deal_url) as deal_url,
        count(*) as deals_count,
        bool_or(deal.stage_meaning = 'unmapped') as is_unmapped
    from {intermediate}.int_deals as deal
    where deal.deal_excluded_reason is null and deal.stage_id is not null
    group by deal.pipeline_id, deal.stage_id
) as stage""",
    record_id="stage.stage_id",
    title="""'Воронка ' || stage.pipeline_id || ', этап ' || stage.stage_id
        || ' «' || coalesce(stage.stage_name, '') || '», сделок: ' || stage.deals_count""",
    url="stage.deal_url",
    manager_id="null::text",
)

IS_GIVEN = Expectation("ExpectColumnValuesToNotBeNull")
IS_ABSENT = Expectation("ExpectColumnValuesToBeNull")
IS_TRUE = Expectation("ExpectColumnValuesToBeInSet", {"value_set": [True]})

SUITE = (
    QualityContract(
        check_id="deals_feed_is_not_empty",
        asset=ASSET,
        title="Сделки из CRM загружены",
        owner=DATA_OWNER,
        severity="error",
        limit_share=0.0,
        records=EVERY_DEAL,
        value="deal.deal_id",
        expectation=Expectation("ExpectTableRowCountToBeBetween", {"min_value": 1}),
    ),
    QualityContract(
        check_id="deal_id_is_present_and_unique",
        asset=ASSET,
        title="У каждой сделки есть свой номер, и он не повторяется",
        owner=DATA_OWNER,
        severity="error",
        limit_share=0.0,
        records=EVERY_DEAL,
        # One promise, so one expectation: a repeated id counts as no id at all.
        value="case when count(*) over (partition by deal.deal_id) = 1 then deal.deal_id end",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="stage_is_mapped",
        asset=ASSET,
        title="Для каждого этапа, на котором стоят сделки, указано, что он значит",
        owner=DATA_OWNER,
        severity="error",
        limit_share=0.0,
        records=STAGES,
        value="not stage.is_unmapped",
        expectation=IS_TRUE,
    ),
    QualityContract(
        check_id="budget_is_given",
        asset=ASSET,
        title="У квалифицированной и выигранной сделки указан бюджет",
        owner=MANAGER,
        severity="warning",
        limit_share=0.05,
        records=required(QUALIFIED_OR_WON_DEALS, "budget_amount"),
        value="coalesce(deal.budget_amount, 0)",
        expectation=Expectation(
            "ExpectColumnValuesToBeBetween", {"min_value": 0, "strict_min": True}
        ),
    ),
    QualityContract(
        check_id="city_is_given",
        asset=ASSET,
        title="У квалифицированной и выигранной сделки указан город",
        owner=MANAGER,
        severity="warning",
        limit_share=0.1,
        records=required(QUALIFIED_OR_WON_DEALS, "city"),
        value="nullif(trim(deal.city), '')",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="client_type_is_given",
        asset=ASSET,
        title="У квалифицированной и выигранной сделки указан тип клиента",
        owner=MANAGER,
        severity="warning",
        limit_share=0.1,
        records=required(QUALIFIED_OR_WON_DEALS, "client_type"),
        value="nullif(trim(deal.client_type), '')",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="city_is_listed",
        asset=ASSET,
        title="Город сделки написан так, как в списке компании",
        owner=MANAGER,
        severity="warning",
        limit_share=0.05,
        records=listed(QUALIFIED_OR_WON_DEALS, "city"),
        value=is_listed("city"),
        expectation=IS_TRUE,
    ),
    QualityContract(
        check_id="client_type_is_listed",
        asset=ASSET,
        title="Тип клиента сделки написан так, как в списке компании",
        owner=MANAGER,
        severity="warning",
        limit_share=0.05,
        records=listed(QUALIFIED_OR_WON_DEALS, "client_type"),
        value=is_listed("client_type"),
        expectation=IS_TRUE,
    ),
    QualityContract(
        check_id="source_is_given",
        asset=ASSET,
        title="У сделки известно, откуда пришёл клиент",
        owner=MARKETER,
        severity="warning",
        limit_share=0.1,
        records=required(DEALS, "source"),
        value="coalesce(nullif(trim(deal.channel), ''), '(blank)')",
        expectation=Expectation("ExpectColumnValuesToNotBeInSet", {"value_set": ["(blank)"]}),
    ),
    QualityContract(
        check_id="open_deal_has_task",
        asset=ASSET,
        title="У открытой сделки запланирован следующий шаг",
        owner=MANAGER,
        severity="warning",
        limit_share=0.05,
        # A source that keeps no tasks (an export) has nobody who could plan one there.
        records=OPEN_DEALS.joined(WITH_OPEN_TASK).where(
            "exists (select from {intermediate}.int_tasks)"
        ),
        value="open_task.deal_id",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="task_is_not_overdue",
        asset=ASSET,
        title="У открытой сделки нет просроченных задач",
        owner=MANAGER,
        severity="warning",
        limit_share=0.1,
        # Only deals with a planned step: one without is the previous check's failure.
        records=OPEN_DEALS.joined(WITH_OPEN_TASK)
        .joined(WITH_OVERDUE_TASK)
        .where("open_task.deal_id is not null"),
        value="overdue_task.deal_id",
        expectation=IS_ABSENT,
    ),
    QualityContract(
        check_id="loss_reason_is_given",
        asset=ASSET,
        title="У проигранной сделки указана причина отказа",
        owner=MANAGER,
        severity="warning",
        limit_share=0.02,
        records=LOST_DEALS,
        value="nullif(trim(deal.loss_reason), '')",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="loss_reason_is_specific",
        asset=ASSET,
        title="Причина отказа названа по существу, а не «Другое»",
        owner=SALES_HEAD,
        severity="warning",
        limit_share=0.15,
        records=LOST_DEALS.where("nullif(trim(deal.loss_reason), '') is not null"),
        value="lower(trim(deal.loss_reason))",
        expectation=Expectation(
            "ExpectColumnValuesToNotBeInSet", {"value_set": ["другое", "другая", "інше", "other"]}
        ),
    ),
    QualityContract(
        check_id="won_deal_has_money",
        asset=ASSET,
        title="По сделке, выигранной больше 30 дней назад, пришли деньги",
        owner=ACCOUNTANT,
        severity="warning",
        limit_share=0.05,
        records=DEALS.joined(WITH_MONEY).where(
            "deal.status = 'won' and deal.won_at < {now} - interval '30 days'"
        ),
        value="money.deal_id",
        expectation=IS_GIVEN,
    ),
    QualityContract(
        check_id="responsible_is_active",
        asset=ASSET,
        title="За открытую сделку отвечает работающий сотрудник",
        owner=SALES_HEAD,
        severity="warning",
        limit_share=0.0,
        records=OPEN_DEALS.joined(WITH_MANAGER),
        # Nobody, a robot and a dismissed employee alike leave the client without an answer.
        value="coalesce(manager.is_active, false)",
        expectation=IS_TRUE,
    ),
)
