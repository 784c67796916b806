"""The one place that says what the workbook looks like: its sheets, their columns, who reads what.

The raw tables (`tables`), the reader (`reader`) and the empty template (`template`) all derive from
`SHEETS`. To add a column: one line here. Titles stand in the three languages people write in, in
the order of `LOCALES`; whichever of them a sheet uses, it is understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Locale = Literal["ru", "uk", "en"]
LOCALES: tuple[Locale, ...] = ("ru", "uk", "en")
Words = tuple[str, str, str]
"""One thing said in each of LOCALES."""

Kind = Literal["text", "date", "month", "amount", "count", "number", "yes_no", "score", "points"]
"""`amount` and `count` are not negative; `number` may be; `score` is 0..10; `points` are all
columns whose titles begin with the word (a script's points, one column each).
"""


@dataclass(frozen=True)
class Column:
    """`examples` are what the template shows, one a row; `older`, titles of earlier templates."""

    name: str
    titles: Words
    kind: Kind
    examples: tuple[str, ...]
    is_required: bool = False
    values: Mapping[str, Words] | None = None
    older: tuple[str, ...] = ()
    note: Words | None = None


@dataclass(frozen=True)
class Sheet:
    """One kind of sheet. A table may lie on several sheets whose names begin with its title
    («План», «План опт»), plans also on sheets named for their month.

    No two rows have the same values of `unique`.
    """

    table: str
    titles: Words
    about: str
    columns: tuple[Column, ...]
    unique: tuple[str, ...]
    is_by_month: bool = False


def _text(name: str, titles: Words, *examples: str, required: bool = False) -> Column:
    return Column(name, titles, "text", examples, required)


def _amount(name: str, titles: Words, *examples: str, required: bool = False) -> Column:
    return Column(name, titles, "amount", examples, required)


def _count(name: str, titles: Words, *examples: str) -> Column:
    return Column(name, titles, "count", examples)


def _month(*examples: str) -> Column:
    return Column("month", ("Месяц", "Місяць", "Month"), "month", examples, True)


def _date(*examples: str) -> Column:
    return Column("date", ("Дата", "Дата", "Date"), "date", examples, True)


MANAGER: Words = ("Менеджер", "Менеджер", "Manager")
DEPARTMENT: Words = ("Отдел", "Відділ", "Department")
COMMENT: Words = ("Комментарий", "Коментар", "Comment")
CHANNEL: Words = ("Канал", "Канал", "Channel")
_DECIDED = (
    Column("valid_from", ("Действует с", "Діє з", "Valid from"), "date", ("01.06.2026",), True),
    _text("changed_by", ("Кто решил", "Хто вирішив", "Decided by"), "РОП", required=True),
    _text("because", ("Почему", "Чому", "Because"), "Решение планёрки 29.05", required=True),
)
_STAGE_RANKS: Mapping[str, Words] = {
    rank: (rank, rank, rank)
    for rank in (
        "new",
        "contacted",
        "qualified",
        "proposal_sent",
        "negotiation",
        "contract",
        "invoice_sent",
        "won",
        "lost",
    )
}
YES_NO: Mapping[str, Words] = {"true": ("да", "так", "yes"), "false": ("нет", "ні", "no")}
_CURRENCIES = ("RUB", "UAH", "KZT", "BYN", "USD", "EUR", "CNY")


def _currency(*examples: str) -> Column:
    """Blank is the company's own."""
    values: Mapping[str, Words] = {code: (code, code, code) for code in _CURRENCIES}
    titles: Words = ("Валюта", "Валюта", "Currency")
    return Column("currency_code", titles, "text", examples, values=values)


SHEETS = (
    Sheet(
        "plans",
        ("План", "План", "Plan"),
        "One row per month and department or manager: what is planned. Without a manager it is the "
        "department's plan, without a department the company's.",
        (
            _month("июнь 2026", "06.2026"),
            _text("department", DEPARTMENT, "Опт Москва", "Опт Москва"),
            _text("manager", MANAGER, "", "Иванова Анна"),
            Column(
                "revenue_amount",
                ("Выручка", "Виручка", "Revenue"),
                "amount",
                ("12 000 000", "1 500 000"),
                True,
                older=("План", "План продаж", "План, руб"),
                note=(
                    "Деньги от покупателей с НДС за вычетом возвратов",
                    "Гроші від покупців з ПДВ за вирахуванням повернень",
                    "Customers' money with VAT, net of refunds",
                ),
            ),
            _amount("margin_amount", ("Маржа", "Маржа", "Margin"), "3 000 000", ""),
            _count("leads_count", ("Лиды", "Ліди", "Leads"), "120", "15"),
            _count("sales_count", ("Продажи", "Продажі", "Sales"), "40", "5"),
        ),
        ("month", "department", "manager"),
        is_by_month=True,
    ),
    Sheet(
        "budgets",
        ("Бюджет", "Бюджет", "Budget"),
        "One row per month and channel: what may be spent on it.",
        (
            _month("июнь 2026"),
            _text("channel", CHANNEL, "vk_ads", required=True),
            Column(
                "budget_amount",
                ("Бюджет", "Бюджет", "Budget"),
                "amount",
                ("150 000",),
                True,
                note=("Без НДС", "Без ПДВ", "Without VAT"),
            ),
        ),
        ("month", "channel"),
    ),
    Sheet(
        "ad_spend",
        ("Реклама", "Реклама", "Ads"),
        "One row per day and campaign of advertising whose cost no API gives.",
        (
            _date("01.06.2026", "2026-06-02"),
            _text(
                "source_word", ("Источник", "Джерело", "Source"), "VK", "Выставка", required=True
            ),
            _text(
                "campaign_name",
                ("Кампания", "Кампанія", "Campaign"),
                "Лето",
                "Стенд",
                required=True,
            ),
            _amount(
                "spend_amount", ("Расход", "Витрата", "Spend"), "4 500,50", "90 000", required=True
            ),
            Column(
                "is_vat_included",
                ("С НДС", "З ПДВ", "VAT included"),
                "yes_no",
                ("да", "нет"),
                True,
                YES_NO,
            ),
            _currency("", "USD"),
            _text("utm_source", ("utm_source", "utm_source", "utm_source"), "vk", ""),
            _text("utm_medium", ("utm_medium", "utm_medium", "utm_medium"), "cpc", ""),
            _text("utm_campaign", ("utm_campaign", "utm_campaign", "utm_campaign"), "leto", ""),
            _count("impressions_count", ("Показы", "Покази", "Impressions"), "12000", ""),
            _count("clicks_count", ("Клики", "Кліки", "Clicks"), "150", ""),
        ),
        ("date", "source_word", "campaign_name"),
    ),
    Sheet(
        "costs",
        ("Затраты", "Витрати", "Costs"),
        "One row per month, kind and whose cost it is: personnel and other costs.",
        (
            _month("июнь 2026", "июнь 2026"),
            Column(
                "cost_kind",
                ("Вид", "Вид", "Kind"),
                "text",
                ("персонал", "прочее"),
                True,
                {
                    "personnel": ("персонал", "персонал", "personnel"),
                    "other": ("прочее", "інше", "other"),
                },
            ),
            _text("cost_name", ("Статья", "Стаття", "Item"), "Оклады", "Аренда", required=True),
            _text("department", DEPARTMENT, "Опт Москва", ""),
            _text("manager", MANAGER, "Иванова Анна", ""),
            _amount("cost_amount", ("Сумма", "Сума", "Amount"), "80 000", "250 000", required=True),
            _currency("", "RUB"),
        ),
        ("month", "cost_kind", "cost_name", "department", "manager"),
    ),
    Sheet(
        "leave",
        ("Отпуска", "Відпустки", "Leave"),
        "One row per leave of a manager, both days included.",
        (
            _text("manager", MANAGER, "Иванова Анна", required=True),
            Column("first_date", ("С", "З", "From"), "date", ("15.06.2026",), True),
            Column("last_date", ("По", "По", "To"), "date", ("28.06.2026",), True),
            _text("leave_kind", ("Причина", "Причина", "Reason"), "отпуск"),
        ),
        ("manager", "first_date"),
    ),
    Sheet(
        "managers",
        ("Сотрудники", "Співробітники", "People"),
        "One row per employee and day from which it holds: post, team, department, chat.",
        (
            _text("manager", MANAGER, "Иванова Анна", required=True),
            Column(
                "role",
                ("Роль", "Роль", "Role"),
                "text",
                ("менеджер",),
                True,
                {
                    "manager": ("менеджер", "менеджер", "manager"),
                    "sales_head": ("РОП", "керівник продажів", "sales head"),
                    "marketer": ("маркетолог", "маркетолог", "marketer"),
                    "director": ("директор", "директор", "director"),
                    "accountant": ("бухгалтер", "бухгалтер", "accountant"),
                    "service": ("сервис", "сервіс", "service"),
                },
            ),
            Column(
                "crm_user",
                ("В CRM", "У CRM", "In the CRM"),
                "text",
                ("Анна Иванова",),
                note=(
                    "Имя, почта или ключ пользователя CRM, если в книге человека зовут иначе",
                    "Ім'я, пошта чи ключ користувача CRM, якщо в книзі людину звуть інакше",
                    "Name, e-mail or key of the CRM's user where this workbook says it differently",
                ),
            ),
            _text("department", DEPARTMENT, "Опт Москва"),
            _text("team", ("Команда", "Команда", "Team"), "Север"),
            _text("chat_name", ("Чат", "Чат", "Chat"), "IVANOVA"),
            Column("valid_from", ("Действует с", "Діє з", "Valid from"), "date", ("01.01.2026",)),
        ),
        ("manager", "valid_from"),
    ),
    Sheet(
        "call_reviews",
        ("Звонки", "Дзвінки", "Calls"),
        "One row per listened call: the score of every point of the script.",
        (
            _text("call", ("Звонок", "Дзвінок", "Call"), "1718000000.123", required=True),
            _date("03.06.2026"),
            _text("manager", MANAGER, "Иванова Анна"),
            Column("points", ("Балл", "Бал", "Score"), "points", ("8",), True),
            _text("comment", COMMENT, ""),
        ),
        ("call",),
    ),
    Sheet(
        "surveys",
        ("Опросы", "Опитування", "Surveys"),
        "One row per answer of a customer: a score from 0 to 10.",
        (
            _date("04.06.2026"),
            _text("deal", ("Сделка", "Угода", "Deal"), "61001", required=True),
            Column("score", ("Оценка", "Оцінка", "Score"), "score", ("9",), True),
            _text("comment", COMMENT, "Быстро привезли"),
        ),
        ("date", "deal"),
    ),
    Sheet(
        "system_roi",
        ("Система", "Система", "System"),
        "One row per month and item of what this system costs and returns.",
        (
            _month("июнь 2026", "июнь 2026"),
            Column(
                "item_kind",
                ("Вид", "Вид", "Kind"),
                "text",
                ("затраты", "выгода"),
                True,
                {
                    "cost": ("затраты", "витрати", "cost"),
                    "return": ("выгода", "вигода", "return"),
                },
            ),
            _text(
                "item_name",
                ("Статья", "Стаття", "Item"),
                "Сервер",
                "Не собираем отчёты вручную",
                required=True,
            ),
            _amount("item_amount", ("Сумма", "Сума", "Amount"), "5 000", "40 000", required=True),
        ),
        ("month", "item_kind", "item_name"),
    ),
    Sheet(
        "channel_rules",
        ("Правила каналов", "Правила каналів", "Channel rules"),
        "One row per channel rule and day from which it holds; a rule of the same priority is "
        "replaced. Without a channel the rule is switched off.",
        (
            Column("priority", ("Порядок", "Порядок", "Priority"), "count", ("35",), True),
            _text("utm_source_pattern", ("utm_source", "utm_source", "utm_source"), "telegram"),
            _text("utm_medium_pattern", ("utm_medium", "utm_medium", "utm_medium"), "cpc"),
            _text(
                "called_number",
                ("Набранный номер", "Набраний номер", "Called number"),
                "",
            ),
            _text(
                "source_word_pattern",
                ("Источник в CRM", "Джерело в CRM", "Source in the CRM"),
                "",
            ),
            _text("channel", CHANNEL, "telegram_ads"),
            *_DECIDED,
        ),
        ("priority", "valid_from"),
    ),
    Sheet(
        "stage_meanings",
        ("Этапы", "Етапи", "Stages"),
        "One row per CRM stage and day from which its meaning holds.",
        (
            _text("source_name", ("Система", "Система", "System"), "amocrm", required=True),
            _text("crm_account", ("Аккаунт", "Акаунт", "Account"), "main", required=True),
            _text("pipeline_id", ("Воронка", "Воронка", "Pipeline"), "3100", required=True),
            _text("stage_id", ("Этап", "Етап", "Stage"), "31009", required=True),
            Column(
                "pipeline_kind",
                ("Вид воронки", "Вид воронки", "Pipeline kind"),
                "text",
                ("sales",),
                True,
                {
                    kind: (kind, kind, kind)
                    for kind in ("sales", "service", "warming", "aftersales", "ignore")
                },
            ),
            Column(
                "stage_rank",
                ("Смысл этапа", "Зміст етапу", "Meaning"),
                "text",
                ("negotiation",),
                False,
                _STAGE_RANKS,
            ),
            *_DECIDED,
        ),
        ("source_name", "crm_account", "pipeline_id", "stage_id", "valid_from"),
    ),
    Sheet(
        "alert_thresholds",
        ("Пороги", "Пороги", "Thresholds"),
        "One row per threshold of an alert and day from which it holds.",
        (
            _text("alert_rule", ("Правило", "Правило", "Rule"), "deals_overdue", required=True),
            _text(
                "measure",
                ("Показатель", "Показник", "Measure"),
                "overdue_deals_count",
                required=True,
            ),
            Column(
                "scope",
                ("Смысл этапа", "Зміст етапу", "Stage meaning"),
                "text",
                ("",),
                values=_STAGE_RANKS,
                note=(
                    "Только для правила deals_stuck: для каких этапов этот срок. Пусто — для всех.",
                    "Лише для правила deals_stuck: для яких етапів цей строк. Порожньо — для всіх.",
                    "For rule deals_stuck alone: of which stages this is the norm. Blank: of all.",
                ),
            ),
            Column("threshold_value", ("Порог", "Поріг", "Threshold"), "number", ("7",), True),
            *_DECIDED,
        ),
        ("alert_rule", "measure", "scope", "valid_from"),
    ),
    Sheet(
        "required_fields",
        ("Обязательные поля", "Обов'язкові поля", "Required fields"),
        "One row per field of the CRM that has to be filled in.",
        (
            _text("field_name", ("Поле", "Поле", "Field"), "city", required=True),
            *_DECIDED,
        ),
        ("field_name", "valid_from"),
    ),
    Sheet(
        "value_lists",
        ("Списки значений", "Списки значень", "Value lists"),
        "One row per agreed value of a field.",
        (
            _text("field_name", ("Поле", "Поле", "Field"), "city", required=True),
            _text("value", ("Значение", "Значення", "Value"), "Москва", required=True),
            *_DECIDED,
        ),
        ("field_name", "value", "valid_from"),
    ),
)
