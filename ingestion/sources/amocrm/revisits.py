"""Reading again what is held already: by id, to find what was erased without a word (sweeps), and
by date, when a person asks for it (windows).

A lead in the bin is gone too: it is not among the leads any more. `deleted_leads` says when it went
there, and a restored one comes again and is not gone then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from ingestion.batches import Row, batched, to_arrow
from ingestion.catalog import Gone, Sweep, WindowReader
from ingestion.http import Query
from ingestion.sources.amocrm.client import EVENTS_SIZES, SIZES, AmoClient, Items
from ingestion.sources.amocrm.mapping import Mapper
from ingestion.sources.amocrm.resources import ENTITIES, QUERIES, if_there, links_of
from ingestion.sources.amocrm.tables import BY_NAME

Key = tuple[Any, ...]


class AmoRevisits:
    """The sweeps and windows of one amoCRM account."""

    def __init__(self, client: AmoClient, account_name: str) -> None:
        self._client = client
        self._account_name = account_name

    def sweeps(self) -> dict[str, Sweep]:
        """Every table whose rows people can erase, walked by its key."""
        names = ("leads", "contacts", "companies", "customers", "tasks", "notes")
        return {
            name: Sweep(
                walk_by=BY_NAME[name].key[0],
                page=SIZES[0],
                columns=BY_NAME[name].key,
                look=partial(self._look, name),
            )
            for name in (*names, "catalog_elements")
        } | {
            "links": Sweep(
                walk_by="entity_id",
                page=SIZES[0],
                columns=BY_NAME["links"].key,
                look=self._look_at_links,
            )
        }

    def windows(self) -> dict[str, WindowReader]:
        """Tables that can be asked for by date: of creation, and where amoCRM has no such filter
        (tasks, notes) of the last change.
        """
        entities = {name: partial(self._created, name) for name in ("leads", "contacts")}
        return {
            **entities,
            "companies": partial(self._created, "companies"),
            "tasks": self._tasks,
            "events": self._events,
            "notes": self._notes,
        }

    def _look(self, table: str, held: list[Key]) -> Iterator[pa.Table | Gone]:
        """The rows with these keys as amoCRM has them, and the keys it does not have."""
        by_list: dict[Any, list[int]] = defaultdict(list)
        for *owner, one in held:  # notes: the entity; elements: the catalog; else nothing
            by_list[tuple(owner)].append(one)
        for owner, ids in by_list.items():
            path, given = _list_of(table, owner)
            for some, items in self._client.by_ids(table, path, ids, QUERIES.get(table, ())):
                if items:
                    yield to_arrow("amocrm", BY_NAME[table], self._rows(table, items, **given))
                if missing := set(some) - {item["id"] for item in items}:
                    yield Gone(tuple((*owner, one) for one in sorted(missing)))

    def _look_at_links(self, held: list[Key]) -> Iterator[pa.Table | Gone]:
        """A lead without links and one that is not there are answered alike, so the leads are
        asked for first.
        """
        ids = [lead_id for _, lead_id in held]
        there: set[int] = set()
        for _, items in self._client.by_ids("links", "leads", ids):
            there.update(item["id"] for item in items)
        rows = links_of(self._client, Mapper(BY_NAME["links"], self._account_name), there)
        if rows:
            yield to_arrow("amocrm", BY_NAME["links"], rows)
        if missing := set(ids) - there:
            yield Gone(tuple(("leads", one) for one in sorted(missing)))

    def _created(self, table: str, start: datetime, end: datetime) -> Iterator[pa.Table]:
        query: Query = [*QUERIES.get(table, ()), ("order[id]", "asc")]
        first, last = _seconds(start, end)
        return self._tables(table, self._client.created(table, table, first, last, query))

    def _events(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        first, last = _seconds(start, end)
        pages = self._client.created("events", "events", first, last, (), EVENTS_SIZES)
        return self._tables("events", pages)

    def _tasks(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        first, last = _seconds(start, end)
        query: Query = [("order[id]", "desc")]
        pages = self._client.created("tasks", "tasks", first, last, query, by="updated_at")
        return self._tables("tasks", pages)

    def _notes(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        first, last = _seconds(start, end)
        for entity in ENTITIES:
            pages = self._client.changed("notes", f"{entity}/notes", first, last)
            yield from self._tables("notes", if_there("notes", entity, pages), entity_type=entity)

    def _tables(self, table: str, pages: Iterator[Items], **given: Any) -> Iterator[pa.Table]:
        rows = (self._rows(table, items, **given) for items in pages)
        yield from batched("amocrm", BY_NAME[table], rows)

    def _rows(self, table: str, items: Items, **given: Any) -> list[Row]:
        return list(Mapper(BY_NAME[table], self._account_name).rows(items, **given))


def _list_of(table: str, owner: Key) -> tuple[str, dict[str, Any]]:
    """The path that has rows of `table`, and what every row of it is told."""
    if table == "notes":
        return f"{owner[0]}/notes", {"entity_type": owner[0]}
    if table == "catalog_elements":
        return f"catalogs/{owner[0]}/elements", {"catalog_id": owner[0]}
    return table, {}


def _seconds(start: datetime, end: datetime) -> tuple[int, int]:
    """[start, end) as whole unix seconds, both included."""
    return int(start.timestamp()), int(end.timestamp()) - 1
