"""Where each column of raw_zadarma lies in an answer. Types: `tables`; meaning: dbt.

Numbers of telephones and ids come as text or as numbers, flags as flags or as the words true and
false; each is made one kind here, and nothing else is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN

LEG = ("pbx_call_id", "call_id", "sip", "destination", "callstart")
"""No field is promised to be of one leg alone (one recording may have several): together these
are."""
_KNOWN = {*LEG, "clid", "disposition", "seconds", "is_recorded"}
_FLAGS = {"true": True, "false": False}


def call(item: Mapping[str, Any], account_name: str, zone: tzinfo) -> dict[str, Any]:
    """The row of one leg; raises ValueError when its time is none."""
    written = str(item.get("callstart"))
    return {
        ACCOUNT_COLUMN: account_name,
        "leg_id": "|".join(str(item.get(name)) for name in LEG),
        "pbx_call_id": item.get("pbx_call_id"),
        "call_id": _text(item.get("call_id")),
        "sip": _text(item.get("sip")),
        "callstart": datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone),
        "clid": _text(item.get("clid")),
        "destination": _text(item.get("destination")),
        "disposition": item.get("disposition"),
        "seconds": _whole(item.get("seconds")),
        "is_recorded": _flag(item.get("is_recorded")),
        EXTRA_COLUMN: {name: value for name, value in item.items() if name not in _KNOWN},
    }


def extension(item: Mapping[str, Any], account_name: str) -> dict[str, Any]:
    """The row of one extension."""
    return {
        ACCOUNT_COLUMN: account_name,
        "number": _text(item.get("number")),
        "pbx_id": _whole(item.get("pbx_id")),
    }


def _text(value: Any) -> Any:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _flag(value: Any) -> Any:
    return _FLAGS.get(value, value) if isinstance(value, str) else value
