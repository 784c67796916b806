"""Webhooks of the amoCRM stand-in: who subscribed, and what they are sent.

Deliveries are form-encoded with the names of the older API, every value a string; a deletion
carries the id alone. Sent once: the vendor repeats a failed delivery after minutes, a demo does not
last that long. Only loopback addresses may subscribe: a demo calls nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo import company
from demo.amocrm_answers import dictionary, hal, invalid, nothing
from demo.amocrm_query import Record

if TYPE_CHECKING:
    from demo.store import Store

PATH = "/api/v4/webhooks"
PATIENCE_SECONDS = 2.0
_LOOPBACK = ("127.0.0.1", "localhost")
_HOOKS = {
    ("lead_added", "lead"): ("add_lead", "leads", "add"),
    ("lead_status_changed", "lead"): ("status_lead", "leads", "status"),
    ("sale_field_changed", "lead"): ("update_lead", "leads", "update"),
    ("entity_responsible_changed", "lead"): ("responsible_lead", "leads", "responsible"),
    ("lead_deleted", "lead"): ("delete_lead", "leads", "delete"),
    ("lead_restored", "lead"): ("restore_lead", "leads", "restore"),
    ("contact_added", "contact"): ("add_contact", "contacts", "add"),
    ("entity_merged", "contact"): ("update_contact", "contacts", "update"),
    ("contact_deleted", "contact"): ("delete_contact", "contacts", "delete"),
    ("contact_restored", "contact"): ("restore_contact", "contacts", "restore"),
}
"""Event type and entity -> the name one subscribes to, and the two keys of the delivery."""
SETTINGS = frozenset(setting for setting, _, _ in _HOOKS.values())

logger = logging.getLogger(__name__)


class Webhooks:
    """The subscriptions of the account. `now` gives unix seconds."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._hooks: dict[str, Record] = {}

    def routes(self) -> list[Route]:
        return [
            Route(PATH, self._list),
            Route(PATH, self._subscribe, methods=["POST"]),
            Route(PATH, self._unsubscribe, methods=["DELETE"]),
        ]

    async def deliver(self, events: Iterable[Record]) -> None:
        """Tell the subscribers what just happened; a deaf one is logged and left."""
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            for event in events:
                named = _HOOKS.get((event["type"], event["entity_type"]))
                if named is None:
                    continue
                setting, *keys = named
                for hook in self._hooks.values():
                    if setting in hook["settings"]:
                        form = dict(delivery(self._store, event, *keys))
                        try:
                            await client.post(hook["destination"], data=form)
                        except httpx.HTTPError as error:
                            logger.warning("webhook %d got no answer: %r", hook["id"], error)

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params.get("filter[destination]")
        hooks = [hook for key, hook in self._hooks.items() if wanted in (None, key)]
        return hal(dictionary(request, "webhooks", hooks)) if hooks else nothing()

    async def _subscribe(self, request: Request) -> Response:
        asked = await _json_of(request)
        destination, settings = str(asked.get("destination", "")), asked.get("settings")
        if urlsplit(destination).hostname not in _LOOPBACK:
            return invalid("destination", "The demo company calls addresses on loopback only")
        if not isinstance(settings, list) or not settings or not SETTINGS.issuperset(settings):
            return invalid("settings", f"Any of {', '.join(sorted(SETTINGS))}")
        now = int(self._now())
        known = self._hooks.get(destination, {"id": len(self._hooks) + 1, "created_at": now})
        self._hooks[destination] = hook = {
            **known,
            "destination": destination,
            "updated_at": now,
            "account_id": company.ACCOUNT_ID,
            "created_by": company.HEAD_OF_SALES_ID,
            "sort": known["id"],
            "disabled": False,
            "settings": settings,
        }
        return hal(hook, 201)

    async def _unsubscribe(self, request: Request) -> Response:
        asked = await _json_of(request)
        self._hooks.pop(str(asked.get("destination")), None)
        return nothing()


def delivery(store: Store, event: Record, kind: str, action: str) -> Iterator[tuple[str, str]]:
    """The form of one delivery about the event's card."""
    name = f"{kind}[{action}][0]"
    card = store.amocrm[kind].get(event["entity_id"])
    if action == "delete" or card is None:
        yield f"{name}[id]", str(event["entity_id"])
    else:
        yield from _of_card(name, card)
        for value in event["value_before"]:
            if "lead_status" in value:
                yield f"{name}[old_status_id]", str(value["lead_status"]["id"])
    yield "account[id]", str(company.ACCOUNT_ID)
    yield "account[subdomain]", company.SUBDOMAIN


_OLD_NAMES = {
    "id": "id",
    "name": "name",
    "status_id": "status_id",
    "pipeline_id": "pipeline_id",
    "price": "price",
    "responsible_user_id": "responsible_user_id",
    "updated_at": "last_modified",
    "updated_by": "modified_user_id",
    "created_by": "created_user_id",
    "created_at": "date_create",
    "account_id": "account_id",
}


def _of_card(name: str, card: Record) -> Iterator[tuple[str, str]]:
    for field, old_name in _OLD_NAMES.items():
        if field in card:
            yield f"{name}[{old_name}]", _text(card[field])
    for place, field in enumerate(card.get("custom_fields_values") or []):
        prefix = f"{name}[custom_fields][{place}]"
        yield f"{prefix}[id]", str(field["field_id"])
        yield f"{prefix}[name]", field["field_name"]
        for number, value in enumerate(field["values"]):
            if field["field_type"] == "date":  # the one type sent without a name
                yield f"{prefix}[values][{number}]", _text(value["value"])
                continue
            yield f"{prefix}[values][{number}][value]", _text(value["value"])
            if "enum_id" in value:
                yield f"{prefix}[values][{number}][enum]", _text(value["enum_id"])
    for place, tag in enumerate(card["_embedded"].get("tags", [])):
        yield f"{name}[tags][{place}][id]", str(tag["id"])
        yield f"{name}[tags][{place}][name]", tag["name"]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


async def _json_of(request: Request) -> dict[str, Any]:
    """The body as an object; empty for anything else, so that each field is then missed by name."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
