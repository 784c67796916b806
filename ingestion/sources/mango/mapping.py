"""Where each column of raw_mango lies in an answer. Types: `tables`; meaning: dbt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN
from ingestion.sources.mango.tables import BY_NAME

Item = Mapping[str, Any]

_CALL = tuple(BY_NAME["calls"].columns)
_GENERAL = ("user_id", "name", "email", "department", "position")
_TELEPHONY = ("extension", "outgoingline", "numbers")


def call(item: Item, account_name: str, base_url: str) -> dict[str, Any]:
    """The row of one call."""
    row = {column: item.get(column) for column in _CALL}
    row |= {
        ACCOUNT_COLUMN: account_name,
        # A number in the vendor's examples, text in its table of fields.
        "context_init_type": _whole(item.get("context_init_type")),
        "recording_urls": [
            f"{base_url}/queries/recording/issa/{quote(recording, safe='')}/play"
            for recording in dict.fromkeys(_recordings(item.get("context_calls")))
        ],
        EXTRA_COLUMN: {name: value for name, value in item.items() if name not in _CALL},
    }
    return row


def _recordings(legs: Any) -> Iterator[str]:
    """Ids of recordings of all legs; a group and its member name the same one."""
    for leg in legs or []:
        yield from leg.get("recording_id") or []
        yield from _recordings(leg.get("members"))


def user(item: Item, account_name: str) -> dict[str, Any]:
    """The row of one employee."""
    general, telephony = item.get("general") or {}, item.get("telephony") or {}
    return {
        ACCOUNT_COLUMN: account_name,
        **{name: general.get(name) for name in _GENERAL},
        **{name: telephony.get(name) for name in _TELEPHONY},
        "groups": item.get("groups"),
        EXTRA_COLUMN: {
            name: value
            for part, known in ((general, _GENERAL), (telephony, _TELEPHONY))
            for name, value in part.items()
            if name not in known
        },
    }


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value
