"""How Mango Office spells a call, a leg and an employee.

Recordings, costs and whether a missed caller was rung back come to be known later. Does not belong
here: requests (`mango`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from demo import company
from demo.moscow import local_text
from demo.pbx import (
    COSTED_AFTER_SECONDS,
    LINES,
    RECORDED_AFTER_SECONDS,
    Call,
    Leg,
    extension,
)

GROUP_ID = 10051192
DOMAIN = "optovik.mangosip.ru"
_TYPES = {"in": 1, "out": 2, "internal": 3}
_FLAGS = (
    "DirectionInbound", "DirectionOutbound", "ModeConversation", "ModeListen", "ModePrompt",
    "ModeConference", "ModeGroup", "RecordInbound", "RecordOutbound", "BlindTransfer",
    "ConsultTransfer", "OutboundDialing", "Intercepted", "IvrNotUsed",
)  # fmt: skip
_HUNG_UP, _NO_ANSWER = 1110, 1121
_NAMES = {one.id: one.name for one in company.EMPLOYEES}
_CSV = (
    "records", "start", "finish", "answer", "from_extension", "from_number", "to_extension",
    "to_number", "disconnect_reason", "line_number", "location",
)  # fmt: skip


def vpbx_id(user_id: int) -> int:
    """Mango's own id of a user of the CRM."""
    return 300_000_000 + user_id


def sip(user_id: int) -> str:
    return f"sip:user{extension(user_id)}@{DOMAIN}"


def employee(person: company.Employee, has_ids: bool) -> dict[str, Any]:
    """One of `users`; the ids are given only to those who ask for them."""
    general: dict[str, Any] = {
        "name": person.name,
        "email": person.email,
        "department": company.DEPARTMENTS.get(person.department_id, ""),
        "position": "",
    }
    telephone = {"number": sip(person.id), "protocol": "sip", "order": 0, "wait_sec": 120}
    shape: dict[str, Any] = {
        "general": general,
        "telephony": {
            "extension": extension(person.id),
            "outgoingline": LINES["mango"],
            "numbers": [{**telephone, "status": "on"}],
        },
    }
    if has_ids:
        general["user_id"] = vpbx_id(person.id)
        shape["groups"] = [GROUP_ID] if person.department_id else []
    return shape


def context(call: Call, dialled: Mapping[str, list[Call]], now: int) -> dict[str, Any]:
    """The whole call with its legs, as the extended statistics show it at `now`; `dialled` has the
    outgoing calls by number.
    """
    is_in, user_id = call.direction == "in", call.legs[0].user_id
    minutes = -(-call.talk // 60)
    is_costed = not is_in and call.ends_at + COSTED_AFTER_SECONDS <= now
    return {
        "entry_id": call.id,
        "context_type": _TYPES[call.direction],
        "context_status": int(call.talk > 0),
        "caller_id": None if is_in else vpbx_id(user_id),
        "caller_name": call.number if is_in else _NAMES.get(user_id, ""),
        "caller_number": call.number if is_in else sip(user_id),
        "called_number": LINES["mango"] if is_in else call.number,
        "context_start_time": call.starts_at,
        "duration": call.ends_at - call.starts_at,
        "talk_duration": call.talk,
        "context_init_type": 0,
        "recall_status": _recall(call, dialled.get(call.number, []), now),
        "cost": round(1.9 * minutes, 2) if is_costed else 0,
        "context_calls": _legs(call, now),
    }


def _recall(call: Call, dialled: list[Call], now: int) -> int:
    """Of a missed caller: 1 was rung back, 0 was rung in vain, 2 nobody rang; 2 for other calls."""
    if call.direction != "in" or call.talk:
        return 2
    tries = [
        other.talk > 0
        for other in dialled
        if other.starts_at > call.ends_at and other.ends_at <= now
    ]
    return 2 if not tries else int(any(tries))


def _legs(call: Call, now: int) -> list[dict[str, Any]]:
    """An incoming call rings a group, whose telephones are its members."""
    if call.direction != "in":
        kind = "number" if call.direction == "out" else "user"
        return [
            _leg(call, leg, kind, now, ["DirectionOutbound", "IvrNotUsed"]) for leg in call.legs
        ]
    members = [
        _leg(call, leg, "user", now, ["DirectionInbound", "IvrNotUsed"]) | {"members": None}
        for leg in call.legs
        if leg.user_id
    ]
    whole = Leg(0, call.starts_at, call.legs[-1].answered_at, call.ends_at)
    return [
        _leg(call, whole, "group", now, ["DirectionInbound", "ModeGroup"]) | {"members": members}
    ]


def _leg(call: Call, leg: Leg, kind: str, now: int, true: list[str]) -> dict[str, Any]:
    is_group = kind == "group"
    return {
        "call_type": kind,
        "call_abonent_id": GROUP_ID if is_group else vpbx_id(leg.user_id),
        "call_abonent_info": "Продажи" if is_group else _NAMES.get(leg.user_id, ""),
        "call_abonent_number": sip(leg.user_id) if kind == "user" else None,
        "call_start_time": leg.starts_at,
        "call_answer_time": leg.answered_at,
        "call_end_time": leg.ends_at,
        "call_duration": leg.ends_at - leg.starts_at,
        "talk_duration": leg.talk,
        "dial_duration": leg.ends_at - leg.starts_at - leg.talk,
        "hold_duration": None,
        "call_end_reason": _HUNG_UP if leg.talk else _NO_ANSWER,
        "recording_id": _recordings(call, leg, now),
        **{flag: flag in [*true, *(["ModeConversation"] if leg.talk else [])] for flag in _FLAGS},
        "members": [],
    }


def _recordings(call: Call, leg: Leg, now: int) -> list[str]:
    if not leg.talk or leg.ends_at + RECORDED_AFTER_SECONDS > now:
        return []
    return [base64.b64encode(f"MToxMDA:{call.id}".encode()).decode()]


def by_day(contexts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The `data` of an answer: a list a day with its totals, in the order given."""
    days = groupby(contexts, key=lambda one: local_text(one["context_start_time"])[:10])
    return [
        {
            "list": (listed := list(group)),
            "period": day,
            "total_talks_duration": sum(one["talk_duration"] for one in listed),
            "total_calls_duration": sum(one["duration"] for one in listed),
            "total_calls_count": len(listed),
        }
        for day, group in days
    ]


def csv_line(call: Call, fields: list[str], now: int) -> str:
    """A call in the basic statistics: no header, no quotes."""
    is_in, last = call.direction == "in", call.legs[-1]
    own = extension(last.user_id) if last.user_id else ""
    answered = last.answered_at or 0
    values = {
        "records": f"[{','.join(_recordings(call, last, now))}]",
        "start": answered or call.starts_at,
        "finish": call.ends_at,
        "answer": answered,
        "from_extension": "" if is_in else own,
        "from_number": call.number if is_in else sip(last.user_id),
        "to_extension": own if is_in else "",
        "to_number": LINES["mango"] if is_in else call.number,
        "disconnect_reason": _HUNG_UP if call.talk else _NO_ANSWER,
        "line_number": LINES["mango"],
        "location": "abonent",
        "entry_id": call.id,
        "create": call.starts_at,
    }
    return ";".join(str(values[name]) for name in fields or _CSV) + "\n"
