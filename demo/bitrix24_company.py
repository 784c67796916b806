"""The demo company's fixed facts in the words of a Bitrix24 portal: people, funnels, stages, words.

The same people and stages as in the CRM beside it, under the ids this system gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demo import company
from demo.moscow import local_text
from demo.store import Record

ZONE = "+03:00"
ROOT_DEPARTMENT = 1
CATEGORIES = {company.SALES: 0, company.WARMING: 1, company.SERVICE: 2}
_CODES = {
    company.NEW_REQUEST: "NEW",
    company.TAKEN: "PREPARATION",
    company.QUALIFIED: "PREPAYMENT_INVOICE",
    company.PROPOSAL_SENT: "EXECUTING",
    company.NEGOTIATION: "FINAL_INVOICE",
    company.CONTRACT: "UC_7YK2QD",
    company.INVOICE_SENT: "UC_M0S4TB",
    company.WARMING_WAITS: "NEW",
    company.WARMING_READY: "PREPARATION",
    company.SERVICE_OPENED: "NEW",
    company.SERVICE_WORKING: "PREPARATION",
    company.WON: "WON",
    company.LOST: "LOSE",
}
NO_REASON = "APOLOGY"
"""A second failure, as portals have it: lost, and nobody has said why yet."""
SOURCES = {
    "Звонок": "CALL",
    "Рекомендация": "RECOMMENDATION",
    "Выставка": "TRADE_SHOW",
    "Маркетплейс": "UC_MARKET",
    "Холодный обзвон": "UC_COLD",
    "Чат": "UC_CHAT",
    "2ГИС": "UC_2GIS",
    "CRM-форма": "WEBFORM",
    "Электронная почта": "EMAIL",
}
SOURCE_OF_INBOX = {"forms": "WEBFORM", "sip": "CALL", "chats": "UC_CHAT", "mail": "EMAIL"}
LEAD_STATUSES = {
    "NEW": ("Не обработан", None),
    "IN_PROCESS": ("В работе", None),
    "CONVERTED": ("Качественный лид", "S"),
    "JUNK": ("Некачественный лид", "F"),
}
_EXTRA = {None: "process", "S": "success", "F": "failure"}


def moment(at: int | None) -> str | None:
    """`2026-02-01T10:00:00+03:00`."""
    return None if at is None else local_text(at) + ZONE


def stage_id(pipeline: int, status: int, has_reason: bool = True) -> str:
    """`NEW` in the funnel every portal begins with, `C1:NEW` in others."""
    code = _CODES.get(status, f"UC_{status}")  # one somebody added later
    if status == company.LOST and not has_reason and pipeline == company.SALES:
        code = NO_REASON
    category = CATEGORIES[pipeline]
    return f"C{category}:{code}" if category else code


def semantics(stage: str) -> str:
    """P in work, S won, F lost."""
    code = stage.rpartition(":")[2]
    return {"WON": "S", "CONVERTED": "S", "LOSE": "F", "JUNK": "F", NO_REASON: "F"}.get(code, "P")


def users(founded_at: int) -> list[Record]:
    """As `user.get` gives them: ids are text, ACTIVE is a flag, an empty moment is an object."""
    return [
        {
            "ID": str(person.id),
            "ACTIVE": True,
            "NAME": person.name.split()[0],
            "LAST_NAME": person.name.split()[1],
            "SECOND_NAME": "",
            "EMAIL": person.email,
            "LAST_LOGIN": moment(founded_at),
            "DATE_REGISTER": moment(founded_at),
            "TIME_ZONE": "",
            "IS_ONLINE": "N",
            "TIMESTAMP_X": {},
            "LAST_ACTIVITY_DATE": {},
            "PERSONAL_GENDER": "",
            "WORK_POSITION": "Менеджер" if person.department_id else "",
            "UF_DEPARTMENT": [person.department_id or ROOT_DEPARTMENT],
            "UF_PHONE_INNER": str(person.id - 9000),
            "USER_TYPE": "employee",
        }
        for person in company.EMPLOYEES
    ]


def departments() -> list[Record]:
    """As `department.get` gives them; the root has no PARENT."""
    root = {"ID": str(ROOT_DEPARTMENT), "NAME": company.ACCOUNT_NAME, "SORT": 500}
    others = [
        {"ID": str(one), "NAME": name, "SORT": 500, "PARENT": str(ROOT_DEPARTMENT)}
        for one, name in company.DEPARTMENTS.items()
    ]
    return [root, *others]


def categories() -> list[Record]:
    """As `crm.category.list` gives the funnels of deals: numbers, the first one last."""
    shown = [
        {
            "id": CATEGORIES[pipeline.id],
            "name": pipeline.name,
            "sort": 200 + 100 * place,
            "entityTypeId": 2,
            "isDefault": "Y" if CATEGORIES[pipeline.id] == 0 else "N",
        }
        for place, pipeline in enumerate(company.PIPELINES)
    ]
    return [*shown[1:], shown[0]]


def statuses(pipelines: Iterable[Record]) -> list[Record]:
    """As `crm.status.list` gives every dictionary of the portal, with the stages there are now."""
    return [
        {
            "ID": str(101 + 2 * place),
            "ENTITY_ID": entity,
            "STATUS_ID": code,
            "NAME": name,
            "NAME_INIT": "",
            "SORT": str(10 + 10 * place),
            "SYSTEM": "N",
            "CATEGORY_ID": category,
            "COLOR": "#39A8EF",
            "SEMANTICS": meaning,
            "EXTRA": {"SEMANTICS": _EXTRA[meaning], "COLOR": "#39A8EF"},
        }
        for place, (entity, code, name, meaning, category) in enumerate(_words(pipelines))
    ]


def _words(
    pipelines: Iterable[Record],
) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    for code, (name, meaning) in LEAD_STATUSES.items():
        yield "STATUS", code, name, meaning, None
    for name, code in SOURCES.items():
        yield "SOURCE", code, name, None, None
    added = []
    for pipeline in pipelines:
        category = CATEGORIES[pipeline["id"]]
        entity = f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"
        for stage in pipeline["_embedded"]["statuses"]:
            if stage["type"] == 0:  # what is not sorted yet is a lead here
                code = stage_id(pipeline["id"], stage["id"])
                meaning = semantics(code)
                word = (entity, code, stage["name"], None if meaning == "P" else meaning)
                if stage["id"] in _CODES:
                    yield *word, str(category)
                else:
                    added.append((*word, str(category)))
        if category == 0:
            yield entity, NO_REASON, "Причина не указана", "F", "0"
    yield from added  # last, for the ids of the others do not change
