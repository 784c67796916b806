"""What happened in the demo company, as a Bitrix24 portal would tell it: history of stages, calls
and letters, tasks, telephony.

Drawn from the store, which stays as it is. An id comes from the record it is drawn from, so that it
never moves when something else happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from demo import company
from demo.bitrix24_company import moment, semantics, stage_id
from demo.bitrix24_fields import CONTACT, DEAL, LEAD
from demo.bitrix24_paths import Path
from demo.pbx import EXCHANGES, LINES, Call, call_notes, calls, exchange_of
from demo.store import Record, Store

CREATED, MOVED, CLOSED, FUNNEL_CHANGED = 1, 2, 3, 5
_PROVIDERS = {
    "forms": ("6", "CRM_WEBFORM", "CRM_WEBFORM", "Заполнение CRM-формы"),
    "chats": ("6", "IMOPENLINES_SESSION", "IMOPENLINES_SESSION", "Чат"),
    "mail": ("4", "CRM_EMAIL", "EMAIL", "Входящее письмо"),
}


def _number(text: str) -> int:
    """A whole number that the text alone decides; two of a million are the same once in 500."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def stage_history(paths: Mapping[int, Path]) -> dict[int, list[Record]]:
    """By type of entity: of leads and of deals. History outlives what it is about.

    Of deals numbers are text, as recorded answers have them; of leads whole, as in the document.
    """
    rows: dict[int, list[Record]] = {LEAD: [], DEAL: []}
    for number, path in paths.items():
        rows[LEAD].extend(_lead_history(number, path))
        rows[DEAL].extend(_deal_history(number, path))
    for one in rows.values():
        one.sort(key=lambda row: int(row["ID"]))
    return rows


def _lead_history(number: int, path: Path) -> Iterator[Record]:
    if not path.was_unsorted:
        return
    places = [(path.born["id"], path.born["created_at"], CREATED, "NEW")]
    if end := path.sorted_by:
        places.append((end.key, end.at, CLOSED, "JUNK" if path.is_junk else "CONVERTED"))
    for key, at, kind, status in places:
        row = _history(f"lead:{key}", number, at, kind)
        whole = {name: int(row[name]) for name in ("ID", "TYPE_ID", "OWNER_ID")}
        yield row | whole | {"STATUS_ID": status, "STATUS_SEMANTIC_ID": semantics(status)}


def _deal_history(number: int, path: Path) -> Iterator[Record]:
    if not path.is_deal:
        return
    first = path.sorted_by
    if first is not None:
        yield _deal_row(f"deal:{first.key}", number, first.at, CREATED, first.after)
    elif path.first_place is not None:
        key, at = f"deal:{path.born['id']}", path.born["created_at"]
        yield _deal_row(key, number, at, CREATED, path.first_place)
    for move in path.moves[1:] if first else path.moves:
        kind = MOVED
        if move.before[0] != move.after[0]:
            kind = FUNNEL_CHANGED
        elif move.after[1] in (company.WON, company.LOST):
            kind = CLOSED
        yield _deal_row(f"deal:{move.key}", number, move.at, kind, move.after)


def _deal_row(key: str, number: int, at: int, kind: int, place: tuple[int, int]) -> Record:
    stage = stage_id(*place)
    return _history(key, number, at, kind) | {
        "CATEGORY_ID": stage[1 : stage.index(":")] if ":" in stage else "0",
        "STAGE_SEMANTIC_ID": semantics(stage),
        "STAGE_ID": stage,
    }


def _history(key: str, number: int, at: int, kind: int) -> Record:
    return {
        "ID": str(_number(key)),
        "TYPE_ID": str(kind),
        "OWNER_ID": str(number),
        "CREATED_TIME": moment(at),
    }


def activities(store: Store, paths: Mapping[int, Path]) -> Iterator[Record]:
    """Calls of the CRM's notes, and the form, chat or letter that each lead began with. What was
    said about a lead goes over to the deal that comes of it.
    """
    for kind, note in call_notes(store):
        owner = DEAL if kind == "leads" else CONTACT
        path = paths.get(note["entity_id"]) if owner == DEAL else None
        yield _call_activity(note, LEAD if path and not path.is_deal else owner)
    for item in store.amocrm["unsorted"].values():
        if item["category"] in _PROVIDERS:
            yield _inbox_activity(item)


def call_activity_id(note: Record) -> int:
    return int(note["id"]) * 2


def _call_activity(note: Record, owner: int) -> Record:
    params, at = note["params"], int(note["created_at"])
    is_in = note["note_type"] == "call_in"
    talk = int(params["duration"])
    return _activity(call_activity_id(note), owner, note["entity_id"], note) | {
        "TYPE_ID": "2",
        "PROVIDER_ID": "VOXIMPLANT_CALL",
        "PROVIDER_TYPE_ID": "CALL",
        "SUBJECT": "Входящий звонок" if is_in else "Исходящий звонок",
        "END_TIME": moment(at + talk),
        "DIRECTION": "1" if is_in else "2",
        "ORIGIN_ID": f"VI_{params['uniq']}",
        "SETTINGS": {"MISSED_CALL": True} if is_in and not talk else [],
        "COMMUNICATIONS": [
            {
                "ID": str(call_activity_id(note)),
                "TYPE": "PHONE",
                "VALUE": str(params["phone"]),
                "ENTITY_ID": str(note["entity_id"]),
                "ENTITY_TYPE_ID": str(owner),
            }
        ],
    }


def _inbox_activity(item: Record) -> Record:
    kind, provider, provider_type, subject = _PROVIDERS[item["category"]]
    lead = item["_embedded"]["leads"][0]["id"]
    by_robot = item | {
        "created_by": company.ROBOT_ID,
        "updated_at": item["created_at"],
        "responsible_user_id": company.HEAD_OF_SALES_ID,
    }
    return _activity(lead * 2 + 1, LEAD, lead, by_robot) | {
        "TYPE_ID": kind,
        "PROVIDER_ID": provider,
        "PROVIDER_TYPE_ID": provider_type,
        "SUBJECT": subject,
        "END_TIME": moment(item["created_at"]),
        "DIRECTION": "1",
        "ORIGIN_ID": None,
        "SETTINGS": [],
        "COMMUNICATIONS": [],
    }


def _activity(number: int, owner: int, owner_id: int, record: Record) -> Record:
    at = moment(record["created_at"])
    author = str(record["created_by"])
    return {
        "ID": str(number),
        "OWNER_ID": str(owner_id),
        "OWNER_TYPE_ID": str(owner),
        "PROVIDER_GROUP_ID": None,
        "ASSOCIATED_ENTITY_ID": "0",
        "CREATED": at,
        "LAST_UPDATED": moment(record["updated_at"]),
        "START_TIME": at,
        "DEADLINE": at,
        "COMPLETED": "Y",
        "STATUS": "2",
        "RESPONSIBLE_ID": str(record["responsible_user_id"]),
        "PRIORITY": "2",
        "DESCRIPTION": "",
        "DESCRIPTION_TYPE": "1",
        "ORIGINATOR_ID": None,
        "AUTHOR_ID": author,
        "EDITOR_ID": author,
        "PROVIDER_PARAMS": [],
        "PROVIDER_DATA": None,
        "RESULT_MARK": "0",
    }


def tasks(store: Store, paths: Mapping[int, Path]) -> Iterator[Record]:
    """The CRM's tasks as `tasks.task.list` gives them, bound to the deal or the lead."""
    for task in store.amocrm["tasks"].values():
        path = paths.get(task["entity_id"])
        prefix = "D" if path is None or path.was_deal_at(task["created_at"]) else "L"
        is_done = task["is_completed"]
        yield {
            "id": str(task["id"]),
            "title": task["text"],
            "description": "",
            "priority": "1",
            "status": "5" if is_done else "2",
            "createdBy": str(task["created_by"]),
            "createdDate": moment(task["created_at"]),
            "responsibleId": str(task["responsible_user_id"]),
            "changedBy": str(task["updated_by"]),
            "changedDate": moment(task["updated_at"]),
            "closedBy": str(task["updated_by"]) if is_done else None,
            "closedDate": moment(task["updated_at"]) if is_done else None,
            "deadline": moment(task["complete_till"]),
            "ufCrmTask": [f"{prefix}_{task['entity_id']}"],
        }


def telephony(store: Store) -> list[Record]:
    """Every call of both telephone exchanges as `voximplant.statistic.get` gives it, with `ends_at`
    (unix seconds) beside: a call is in the statistics once it has ended.
    """
    notes = {str(note["params"]["uniq"]): (note, kind) for kind, note in call_notes(store)}
    return [
        _statistic(call, *notes.get(call.id, (None, "")))
        for exchange in EXCHANGES
        for call in calls(store, exchange)
        if call.direction != "internal"
    ]


def _statistic(call: Call, note: Record | None, kind: str) -> Record:
    is_in = call.direction == "in"
    code = "200" if call.talk else "304" if is_in else "603-S"
    entity = {"leads": "DEAL", "contacts": "CONTACT"}.get(kind)
    return {
        "ends_at": call.ends_at,
        "ID": str(_number(call.id)),
        "PORTAL_USER_ID": str(call.user_id),
        "PORTAL_NUMBER": LINES[exchange_of(call.user_id)],
        "PHONE_NUMBER": call.number,
        "CALL_ID": f"externalCall.{call.id}",
        "EXTERNAL_CALL_ID": call.id,
        "CALL_CATEGORY": "external",
        "CALL_LOG": None,
        "CALL_DURATION": str(call.talk),
        "CALL_START_DATE": moment(call.starts_at),
        "CALL_RECORD_URL": "",
        "CALL_VOTE": None,
        "COST": "0.0000",
        "COST_CURRENCY": company.CURRENCY,
        "CALL_FAILED_CODE": code,
        "CALL_FAILED_REASON": "" if code == "200" else "Decline self" if not is_in else "Missed",
        "CRM_ENTITY_TYPE": entity,
        "CRM_ENTITY_ID": str(note["entity_id"]) if note else None,
        "CRM_ACTIVITY_ID": str(call_activity_id(note)) if note else None,
        "REST_APP_ID": "3",
        "REST_APP_NAME": "PBX",
        "TRANSCRIPT_ID": None,
        "TRANSCRIPT_PENDING": "N",
        "SESSION_ID": None,
        "REDIAL_ATTEMPT": None,
        "COMMENT": None,
        "RECORD_DURATION": None,
        "RECORD_FILE_ID": _number(f"file:{call.id}") % 10**9 if call.talk else None,
        "CALL_TYPE": "2" if is_in else "1",
    }
