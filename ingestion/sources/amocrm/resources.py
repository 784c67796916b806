"""How each table of raw_amocrm is read: whole every run, or what changed since the last one.

A list that moves is read from ten minutes before the newest change seen so far: amoCRM's own clock,
not ours, says how far we have read. The minutes are for rows that become visible late, and because
amoCRM does not document whether its bounds are inclusive. Each list remembers its own newest
change, because one is read while another moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import Reader, RunContext, State, TableSpec
from ingestion.http import Query
from ingestion.sources.amocrm import mapping
from ingestion.sources.amocrm.client import EVENTS_PAGE, AmoClient, Items
from ingestion.sources.amocrm.tables import TABLES

OVERLAP = int(timedelta(minutes=10).total_seconds())
CUSTOM_FIELD_ENTITIES = ("leads", "contacts", "companies")
NOTE_ENTITIES = ("leads", "contacts", "companies")

Pages = Iterator[list[Row]]


class AmoReaders:
    """The readers of one amoCRM account for one run."""

    def __init__(
        self, client: AmoClient, account_name: str, web_url: str, context: RunContext
    ) -> None:
        self._client = client
        self._account_name = account_name
        self._web_url = web_url
        self._until = int(context.now.timestamp())
        self._tables = {table.name: table for table in TABLES}

    def readers(self) -> dict[str, Reader]:
        """One reader per declared table, in the order of declaration."""
        pages: dict[str, Callable[[TableSpec, State], Pages]] = {
            "account": self._account,
            "users": self._users,
            "pipelines": partial(self._whole, path="leads/pipelines"),
            "pipeline_statuses": self._statuses,
            "loss_reasons": partial(self._whole, path="leads/loss_reasons"),
            "custom_fields": self._custom_fields,
            "leads": partial(
                self._changed, path="leads", query=[("with", "contacts,loss_reason,source_id")]
            ),
            "deleted_leads": partial(self._whole, path="leads", query=[("with", "only_deleted")]),
            "contacts": partial(self._changed, path="contacts"),
            "companies": partial(self._changed, path="companies"),
            "unsorted": partial(self._whole, path="leads/unsorted"),
            "tasks": self._tasks,
            "events": self._events,
            "notes": self._notes,
        }
        return {name: partial(self._read, self._tables[name], read) for name, read in pages.items()}

    def _read(
        self, table: TableSpec, read: Callable[[TableSpec, State], Pages], state: State
    ) -> Iterator[pa.Table]:
        yield from batched("amocrm", table, read(table, state))

    def _rows(self, table: TableSpec, items: Items, **given: object) -> list[Row]:
        return [mapping.row(table, item, self._account_name, **given) for item in items]

    def _account(self, table: TableSpec, state: State) -> Pages:
        item = self._client.one(table.name, "account", [("with", "datetime_settings")])
        yield self._rows(table, [item], web_url=self._web_url)

    def _users(self, table: TableSpec, state: State) -> Pages:
        for items in self._client.pages(table.name, "users", [("with", "role,group")]):
            yield self._rows(table, items)

    def _whole(self, table: TableSpec, state: State, path: str, query: Query = ()) -> Pages:
        for items in self._client.pages(table.name, path, query):
            yield self._rows(table, items)

    def _statuses(self, table: TableSpec, state: State) -> Pages:
        for items in self._client.pages(table.name, "leads/pipelines"):
            yield self._rows(
                table, [dict(status) for item in items for status in mapping.statuses(item)]
            )

    def _custom_fields(self, table: TableSpec, state: State) -> Pages:
        for entity in CUSTOM_FIELD_ENTITIES:
            for items in self._client.pages(table.name, f"{entity}/custom_fields"):
                yield self._rows(table, items, entity_type=entity)

    def _changed(self, table: TableSpec, state: State, path: str, query: Query = ()) -> Pages:
        for items in self._client.changed(table.name, path, _since(state), self._until, query):
            yield self._rows(table, items)
            self._advance(state, items)

    def _tasks(self, table: TableSpec, state: State) -> Pages:
        """Tasks cannot be ordered by updated_at. Ordered by id and without an upper bound the list
        only grows while it is read, so page numbers lose nothing. A task that changes after its
        page was read is met next time, because only the first page moves the cursor; the newest
        tasks are on it, so it is hardly ever behind.
        """
        query: Query = [("filter[updated_at][from]", _since(state)), ("order[id]", "desc")]
        for number, items in enumerate(self._client.pages(table.name, "tasks", query)):
            yield self._rows(table, items)
            if number == 0:
                self._advance(state, items)

    def _events(self, table: TableSpec, state: State) -> Pages:
        """Events never change and come newest first, so a new one pushes others to later pages and
        hides none. amoCRM keeps them for a limited time; ours stay.
        """
        query: Query = [
            ("filter[created_at][from]", _since(state)),
            ("filter[created_at][to]", self._until),
        ]
        for items in self._client.pages(table.name, "events", query, limit=EVENTS_PAGE):
            yield self._rows(table, items)
            self._advance(state, items, by="created_at")

    def _notes(self, table: TableSpec, state: State) -> Pages:
        for entity in NOTE_ENTITIES:
            own = state.setdefault(entity, {})
            path = f"{entity}/notes"
            for items in self._client.changed(table.name, path, _since(own), self._until):
                yield self._rows(table, items, entity_type=entity)
                self._advance(own, items)

    def _advance(self, state: State, items: Items, by: str = "updated_at") -> None:
        """Remembers the newest change seen. One dated beyond this run's bound is a mistake of the
        source and must not make us skip what comes until then.
        """
        newest = max((int(item[by]) for item in items), default=0)
        state["read_until"] = max(state.get("read_until", 0), min(newest, self._until))


def _since(state: State) -> int:
    return max(0, int(state.get("read_until", 0)) - OVERLAP)
