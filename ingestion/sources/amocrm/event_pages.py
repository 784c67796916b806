"""Pages of events, decoded straight into what raw keeps of them.

Most rows of an account are events, and most of an event's bytes are addresses nobody keeps and two
values that travel on as they came: taking those apart was half of the time of reading. A page with
anything else in it is parsed like every other answer.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import orjson

from ingestion.http import fast_json

_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""NUL and halves of surrogate pairs: Postgres refuses them inside json, so they have to be seen."""


class _Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The fields of an event. Values are of any type here: `batches` finds the flipped ones."""

    id: Any
    type: Any = None
    entity_id: Any = None
    entity_type: Any = None
    created_by: Any = None
    created_at: Any = None
    value_before: msgspec.Raw = msgspec.Raw(b"null")
    value_after: msgspec.Raw = msgspec.Raw(b"null")
    account_id: msgspec.Raw = msgspec.Raw()
    _links: msgspec.Raw = msgspec.Raw()
    _embedded: msgspec.Raw = msgspec.Raw()


class _Embedded(msgspec.Struct):
    events: list[_Event]


class _Page(msgspec.Struct):
    _embedded: _Embedded
    _links: dict[str, msgspec.Raw] = {}


_decoder = msgspec.json.Decoder(_Page)


def event_page(body: bytes) -> Any:
    """As `fast_json`: the answer's object, its events as dicts. Raises ValueError."""
    if _UNSTORABLE.search(body):
        return fast_json(body)
    try:
        page = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return fast_json(body)
    return {
        "_embedded": {"events": [_item(one) for one in page._embedded.events]},
        "_links": page._links,
    }


def _item(event: _Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "entity_id": event.entity_id,
        "entity_type": event.entity_type,
        "created_by": event.created_by,
        "created_at": event.created_at,
        "value_before": _as_it_came(event.value_before),
        "value_after": _as_it_came(event.value_after),
    }


def _as_it_came(value: msgspec.Raw) -> orjson.Fragment | None:
    text = bytes(value)
    return None if text == b"null" else orjson.Fragment(text)
