"""How each table of raw_bitrix24 is read: whole every run, or what changed since the last one.

What changed is read up to the portal's own time at the beginning of the run, and from ten minutes
before the bound of the run before: rows become visible late. Within these bounds rows come in the
order of their ids, so what is edited meanwhile leaves the bounds and is met by the next run.
Belongs here: the order of reading and what is remembered. Does not belong: reading again what is
held already (`revisits`), pages (`client`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import Checkpoint, Reader, State, TableSpec
from ingestion.http import AnswerRefusedError
from ingestion.sources.bitrix24.client import BitrixClient, Items
from ingestion.sources.bitrix24.lists import (
    ENTITIES,
    USERS,
    Listing,
    fields_method,
    listings,
    stage_history,
)
from ingestion.sources.bitrix24.mapping import Mapper, described
from ingestion.sources.bitrix24.tables import TABLES

OVERLAP = timedelta(minutes=10)
CALLS_OVERLAP = timedelta(days=3)
"""A call's record, cost and vote come later, and nothing tells when."""
OPTIONAL = ("tasks", "calls", "departments")
"""Tables that a company may live without: a permission each."""

Pieces = Iterator["list[Row] | Checkpoint"]

logger = logging.getLogger(__name__)


class BitrixReaders:
    """The readers of one portal for one run. `family` is `items` or `old`."""

    def __init__(self, client: BitrixClient, account_name: str, web_url: str, family: str) -> None:
        self._client = client
        self._web_url = web_url
        self._family = family
        self._lists = listings(family)
        self._mappers = {table.name: Mapper(table, account_name) for table in TABLES}

    def readers(self) -> dict[str, Reader]:
        """One reader per declared table, in the order of declaration."""
        pieces: dict[str, Callable[[str, State], Pieces]] = {
            "portal": self._portal,
            "users": self._users,
            "departments": partial(self._numbered, method="department.get"),
            "categories": self._categories,
            "statuses": partial(self._numbered, method="crm.status.list"),
            "fields": self._fields,
            "stage_history": self._stage_history,
            **dict.fromkeys((*ENTITIES, "activities", "tasks"), self._changed),
            "calls": partial(self._changed, overlap=CALLS_OVERLAP),
        }
        return {one.name: partial(self._read, one, pieces[one.name]) for one in TABLES}

    def _read(
        self, table: TableSpec, read: Callable[[str, State], Pieces], state: State
    ) -> Iterator[pa.Table | Checkpoint]:
        yield from batched("bitrix24", table, if_there(table.name, read(table.name, state)))

    def _rows(self, table: str, items: Items, **given: Any) -> list[Row]:
        return list(self._mappers[table].rows(items, **given))

    @cached_property
    def _until(self) -> datetime:
        """The bound of the run, by the portal's clock."""
        return self._client.now("portal")

    # -- Read whole ----------------------------------------------------------------------------

    def _portal(self, table: str, state: State) -> Pieces:
        profile = self._client.one(table, "profile")
        item = {
            "web_url": self._web_url,
            "user_id": profile.get("ID"),
            "is_admin": profile.get("ADMIN"),
            "scopes": self._client.one(table, "scope"),
        }
        yield self._rows(table, [item])

    def _users(self, table: str, state: State) -> Pieces:
        for items in self._client.behind(table, USERS, {}):
            yield self._rows(table, items)

    def _numbered(self, table: str, state: State, method: str) -> Pieces:
        for items in self._client.numbered(table, method, {}):
            yield self._rows(table, items)

    def _categories(self, table: str, state: State) -> Pieces:
        asked = {"entityTypeId": ENTITIES["deals"]}
        result = self._client.one(table, "crm.category.list", asked)
        yield self._rows(table, result["categories"])

    def _fields(self, table: str, state: State) -> Pieces:
        for entity in ENTITIES:
            method, asked, place = fields_method(entity, self._family)
            fields = self._client.one(table, method, asked)
            for key in place:
                fields = fields[key]
            yield self._rows(table, described(fields, entity))

    # -- Read by change ------------------------------------------------------------------------

    def _changed(self, table: str, state: State, overlap: timedelta = OVERLAP) -> Pieces:
        yield from self._since(table, self._lists[table], state, overlap)

    def _stage_history(self, table: str, state: State) -> Pieces:
        """Of leads, then of deals, each with a cursor of its own."""
        reached: dict[str, Any] = dict(state)
        for name in ("leads", "deals"):
            entity = ENTITIES[name]
            listing = stage_history(entity)
            for piece in self._since(table, listing, reached.get(name, {}), OVERLAP):
                if isinstance(piece, Checkpoint):
                    reached = {**reached, name: dict(piece.state)}
                    yield Checkpoint(reached)
                else:
                    yield [{**row, "entity_type_id": entity} for row in piece]

    def _since(self, table: str, listing: Listing, state: State, overlap: timedelta) -> Pieces:
        """From where `state` says to this run's bound; a reading that was interrupted is ended
        first, within the bounds it had.
        """
        if "last_id" in state:
            yield from self._within(table, listing, state)
            state = {"read_until": state["until"]}
        since = None
        if "read_until" in state:
            since = (datetime.fromisoformat(state["read_until"]) - overlap).isoformat()
        bounds = {"since": since, "until": self._until.isoformat(), "last_id": 0}
        yield from self._within(table, listing, bounds)

    def _within(self, table: str, listing: Listing, bounds: State) -> Pieces:
        since = datetime.fromisoformat(bounds["since"]) if bounds["since"] else None
        until = datetime.fromisoformat(bounds["until"])
        pages = self._client.between(
            table, listing, listing.changed, since, until, bounds["last_id"]
        )
        for items in pages:
            yield self._rows(table, items)
            last = int(listing.of_row(items[-1], listing.id))
            yield Checkpoint({**bounds, "last_id": last})
        yield Checkpoint({"read_until": bounds["until"]})


def if_there(table: str, pieces: Iterator[Any]) -> Iterator[Any]:
    """`pieces` of a part of Bitrix24 that the webhook need not be given, or the portal not have.

    Leads or deals that may not be read stop the run.
    """
    try:
        yield from pieces
    except AnswerRefusedError as error:
        if table not in OPTIONAL or error.status not in (403, 404):
            raise
        logger.info("bitrix24.%s: none are read, since %s", table, error.what)
