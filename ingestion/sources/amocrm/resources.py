"""How each table of raw_amocrm is read: whole every run, or what changed since the last one.

A list that moves is read from ten minutes before the newest change seen so far: amoCRM's own clock,
not ours, says how far we have read. The minutes are for rows that become visible late, and because
amoCRM does not document whether its bounds are inclusive. Each list remembers its own newest
change, because one is read while another moves on. What belongs here: the order of reading and what
is remembered. What does not: reading again what is held already (`revisits`), paging (`client`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import Checkpoint, Gone, Reader, RunContext, State, TableSpec, Unchanged
from ingestion.http import AnswerRefusedError, Query
from ingestion.sources.amocrm.client import EVENTS_SIZES, MOST_READINGS, SIZES, AmoClient, Items
from ingestion.sources.amocrm.mapping import Mapper, linked, statuses
from ingestion.sources.amocrm.tables import BY_NAME, TABLES

OVERLAP = int(timedelta(minutes=10).total_seconds())
DAY = int(timedelta(days=1).total_seconds())
EVENTS_WINDOW = 30 * DAY
"""So much of the past is read between two checkpoints of a first load; an empty one doubles the
next, because a company may be older than its events.
"""
REST_SECONDS_PER_REQUEST = 30
"""A list that can only be read whole is read again after so many seconds for each request it took:
small ones are always fresh, and a big one does not eat the account's limit.
"""
ENTITIES = ("leads", "contacts", "companies", "customers")
QUERIES: Mapping[str, Query] = {
    "leads": [("with", "contacts,loss_reason,source_id,catalog_elements")],
    "customers": [("with", "contacts,companies")],
}
"""What an entity has to be asked for besides itself."""
SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "tasks": "task"}
"""How events call what an address calls by its plural."""

Pieces = Iterator["list[Row] | Checkpoint | Gone | Unchanged"]

logger = logging.getLogger(__name__)


class AmoReaders:
    """The readers of one amoCRM account for one run."""

    def __init__(
        self, client: AmoClient, account_name: str, web_url: str, context: RunContext
    ) -> None:
        self._client = client
        self._web_url = web_url
        self._until = int(context.now.timestamp())
        self._mappers = {table.name: Mapper(table, account_name) for table in TABLES}

    def readers(self) -> dict[str, Reader]:
        """One reader per declared table, in the order of declaration."""
        pieces: dict[str, Callable[[str, State], Pieces]] = {
            "account": self._account,
            "users": partial(self._whole, path="users", query=[("with", "role,group")]),
            "user_groups": self._user_groups,
            "pipelines": partial(self._whole, path="leads/pipelines"),
            "pipeline_statuses": self._statuses,
            "loss_reasons": partial(self._whole, path="leads/loss_reasons"),
            "custom_fields": self._custom_fields,
            "tags": self._tags,
            "catalogs": self._catalogs,
            "leads": self._changed,
            "deleted_leads": partial(self._whole, path="leads", query=[("with", "only_deleted")]),
            "contacts": self._changed,
            "companies": self._changed,
            "customers": self._customers,
            "links": self._links,
            "unsorted": partial(self._whole, path="leads/unsorted"),
            "tasks": self._tasks,
            "events": self._events,
            "notes": self._notes,
            "catalog_elements": self._catalog_elements,
        }
        return {name: partial(self._read, BY_NAME[name], read) for name, read in pieces.items()}

    def _read(
        self, table: TableSpec, read: Callable[[str, State], Pieces], state: State
    ) -> Iterator[pa.Table | Checkpoint | Gone | Unchanged]:
        apart: list[Gone | Unchanged] = []

        def rows_and_checkpoints() -> Iterator[list[Row] | Checkpoint]:
            for piece in read(table.name, state):
                if isinstance(piece, Gone | Unchanged):
                    apart.append(piece)
                else:
                    yield piece

        yield from batched("amocrm", table, rows_and_checkpoints())
        yield from apart

    def _rows(self, table: str, items: Items, **given: Any) -> list[Row]:
        return list(self._mappers[table].rows(items, **given))

    # -- Read whole ----------------------------------------------------------------------------

    def _account(self, table: str, state: State) -> Pieces:
        item = self._client.one(table, "account", [("with", "datetime_settings")])
        yield self._rows(table, [item], web_url=self._web_url)

    def _user_groups(self, table: str, state: State) -> Pieces:
        account = self._client.one(table, "account", [("with", "users_groups")])
        groups = (account.get("_embedded") or {}).get("users_groups") or []
        yield self._rows(table, groups)

    def _whole(self, table: str, state: State, path: str, query: Query = ()) -> Pieces:
        for items in self._client.pages(table, path, query):
            yield self._rows(table, items)

    def _statuses(self, table: str, state: State) -> Pieces:
        for items in self._client.pages(table, "leads/pipelines"):
            yield self._rows(table, [status for item in items for status in statuses(item)])

    def _custom_fields(self, table: str, state: State) -> Pieces:
        for entity in ENTITIES:
            pages = self._client.pages(table, f"{entity}/custom_fields")
            for items in if_there(table, entity, pages):
                yield self._rows(table, items, entity_type=entity)
        for catalog in self._catalog_ids(table):
            for items in self._client.pages(table, f"catalogs/{catalog}/custom_fields"):
                yield self._rows(table, items, entity_type=f"catalog_{catalog}")

    def _tags(self, table: str, state: State) -> Pieces:
        for entity in ENTITIES:
            pages = self._client.pages(table, f"{entity}/tags")
            for items in if_there(table, entity, pages):
                yield self._rows(table, items, entity_type=entity)

    def _catalogs(self, table: str, state: State) -> Pieces:
        for items in if_there(table, "catalogs", self._client.pages(table, "catalogs")):
            yield self._rows(table, items)

    def _catalog_ids(self, table: str) -> list[int]:
        pages = if_there(table, "catalogs", self._client.pages(table, "catalogs"))
        return [item["id"] for items in pages for item in items]

    # -- Read whole, after a rest --------------------------------------------------------------

    def _rested(self, state: State, read: Callable[[], Iterator[list[Row]]]) -> Pieces:
        """Rows of lists that have no filter by date; nothing while they rest."""
        rest = int(state.get("requests", 0)) * REST_SECONDS_PER_REQUEST
        if 0 <= self._until - int(state.get("read_at", 0)) < rest:
            yield Unchanged()
            return
        requests = 0
        for rows in read():
            requests += 1
            yield rows
        yield Checkpoint({"read_at": self._until, "requests": requests})

    def _customers(self, table: str, state: State) -> Pieces:
        def read() -> Iterator[list[Row]]:
            pages = self._client.pages(table, "customers", QUERIES["customers"])
            for items in if_there(table, "customers", pages):
                yield self._rows(table, items)

        yield from self._rested(state, read)

    def _catalog_elements(self, table: str, state: State) -> Pieces:
        def read() -> Iterator[list[Row]]:
            for catalog in self._catalog_ids(table):
                for items in self._client.pages(table, f"catalogs/{catalog}/elements"):
                    yield self._rows(table, items, catalog_id=catalog)

        yield from self._rested(state, read)

    # -- Read by change ------------------------------------------------------------------------

    def _changed(self, table: str, state: State) -> Pieces:
        """Leads, contacts, companies: what was edited, then what events tell.

        Events of the previous run's time are looked at again: had that run died after its
        checkpoint, what it found gone would not have been marked.
        """
        read_until = int(state.get("read_until", 0))
        told_from = int(state.get("told_from", self._until - DAY))
        newest = read_until
        query = QUERIES.get(table, ())
        for items in self._client.changed(table, table, _since(state), self._until, query):
            yield self._rows(table, items)
            newest = self._newest(newest, items)
            yield Checkpoint({"read_until": newest, "told_from": told_from})
        yield from self._told_of(table, told_from)
        yield Checkpoint({"read_until": newest, "told_from": max(told_from, read_until)})

    def _told_of(self, table: str, since: int) -> Pieces:
        """What events name because it was deleted, restored or merged, as amoCRM has it now."""
        query = QUERIES.get(table, ())
        for some, items in self._client.by_ids(table, table, self._told(table, since), query):
            yield self._rows(table, items)
            if missing := set(some) - {item["id"] for item in items}:
                yield Gone(tuple((one,) for one in sorted(missing)), is_told=True)

    def _told(self, table: str, since: int) -> set[int]:
        """Rows that events name because they were deleted, restored or merged: `updated_at` does
        not tell that, and a merge does not even tell which of two is left.
        """
        kind = SINGULAR[table]
        types: tuple[str, ...] = (f"{kind}_deleted",)
        if table != "tasks":
            types += (f"{kind}_restored", "entity_merged")
        return {
            int(event["entity_id"])
            for event in self._events_of(table, since, types)
            if event.get("entity_type") == kind and event.get("entity_id")
        }

    def _events_of(
        self, table: str, since: int, types: tuple[str, ...], until: int | None = None
    ) -> Iterator[Mapping[str, Any]]:
        first, last = max(0, since - OVERLAP), self._until if until is None else until
        query: Query = [("filter[type]", ",".join(types))]
        for items in self._client.created(table, "events", first, last, query, EVENTS_SIZES):
            yield from (event for event in items if event.get("type") in types)

    def _links(self, table: str, state: State) -> Pieces:
        """Links of the leads that were edited, or named by an event of linking: whether a new link
        moves `updated_at` of a lead is not documented.
        """
        read_until = int(state.get("read_until", 0))
        told_from = int(state.get("told_from", self._until - DAY))
        newest = read_until
        for items in self._client.changed(table, "leads", _since(state), self._until):
            yield self._links_of({item["id"] for item in items})
            newest = self._newest(newest, items)
            yield Checkpoint({"read_until": newest, "told_from": told_from})
        kinds = ("lead", "contact", "company", "customer")
        types = tuple(f"{kind}_{verb}" for kind in kinds for verb in ("linked", "unlinked"))
        ids = {
            one
            for event in self._events_of(table, told_from, types)
            for one in _leads_named_by(event)
        }
        yield self._links_of(ids)
        yield Checkpoint({"read_until": newest, "told_from": max(told_from, read_until)})

    def _links_of(self, lead_ids: set[int]) -> list[Row]:
        return links_of(self._client, self._mappers["links"], lead_ids)

    def _tasks(self, table: str, state: State) -> Pieces:
        """Tasks cannot be ordered by updated_at. Ordered by id and without an upper bound the list
        grows while it is read, so page numbers lose no task that changes; one that is erased pulls
        others forward, so then the list is read again. A task that changes after its page was read
        is met next time, because only the first page moves the cursor; the newest tasks are on it,
        so it is hardly ever behind.

        A reading that was interrupted goes on behind the rows it had read.
        """
        read_until = int(state.get("read_until", 0))
        since = int(state.get("since", _since(state)))
        told_from = int(state.get("told_from", self._until - DAY))
        newest = int(state.get("newest", read_until))
        # One page back: tasks deleted since pulled others forward.
        page = SIZES[0]
        skip = max(0, int(state.get("skip", 0)) - page) // page * page
        for _ in range(MOST_READINGS):
            erased = self._erased_lately(table)
            reached = skip
            is_first = skip == 0
            for items, reached in self._client.changed_in_any_order(table, "tasks", since, skip):
                yield self._rows(table, items)
                if is_first:
                    newest, is_first = self._newest(read_until, items), False
                yield Checkpoint(
                    {
                        "read_until": read_until,
                        "since": since,
                        "newest": newest,
                        "skip": reached,
                        "told_from": told_from,
                    }
                )
            if reached <= page or self._erased_lately(table) == erased:
                break
            skip = 0
        yield from self._told_of(table, told_from)
        yield Checkpoint(
            {"read_until": max(read_until, newest), "told_from": max(told_from, read_until)}
        )

    def _erased_lately(self, table: str) -> set[Any]:
        """Events of rows erased since this run began, with an overlap for amoCRM's clock."""
        types = (f"{SINGULAR[table]}_deleted",)
        events = self._events_of(table, self._until, types, until=self._until + DAY)
        return {event["id"] for event in events}

    def _events(self, table: str, state: State) -> Pieces:
        """Events never change and come newest first, so they are read in windows of time, the
        oldest window first. amoCRM keeps them for a limited time; ours stay.

        Windows end where the run's bound is at least one whole window away, or at the bound: a
        checkpoint of ours cannot lie ahead of amoCRM's clock.
        """
        newest = int(state.get("read_until", 0))
        start = int(state["resume_at"]) if "resume_at" in state else _since(state)
        if not state:
            account = self._client.one(table, "account")
            start = int(account.get("created_at") or 0)
        width = EVENTS_WINDOW
        while True:
            end = self._until
            if end - start > EVENTS_WINDOW:
                end = min(start + width, end - EVENTS_WINDOW)
            is_empty = True
            for items in self._client.created(table, "events", start, end, (), EVENTS_SIZES):
                is_empty = False
                yield self._rows(table, items)
                newest = self._newest(newest, items, by="created_at")
            if end == self._until:
                break
            yield Checkpoint({"read_until": newest, "resume_at": end - OVERLAP})
            start, width = end, width * 2 if is_empty else EVENTS_WINDOW
        yield Checkpoint({"read_until": newest})

    def _notes(self, table: str, state: State) -> Pieces:
        reached: dict[str, Any] = dict(state)
        for entity in ENTITIES:
            newest = int(reached.get(entity, {}).get("read_until", 0))
            since = _since(reached.get(entity, {}))
            pages = self._client.changed(table, f"{entity}/notes", since, self._until)
            for items in if_there(table, entity, pages):
                yield self._rows(table, items, entity_type=entity)
                newest = self._newest(newest, items)
                reached = {**reached, entity: {"read_until": newest}}
                yield Checkpoint(reached)

    def _newest(self, newest: int, items: Items, by: str = "updated_at") -> int:
        """The newest change seen. One dated beyond this run's bound is a mistake of the source and
        must not make us skip what comes until then.
        """
        seen = max((int(item[by]) for item in items), default=0)
        return max(newest, min(seen, self._until))


def links_of(client: AmoClient, mapper: Mapper, lead_ids: Collection[int]) -> list[Row]:
    """One row a lead, also for a lead without links."""
    rows: list[Row] = []
    for some, links in client.by_ids("links", "leads/links", lead_ids, by="entity_id"):
        for lead_id in some:
            own = [link for link in links if link["entity_id"] == lead_id]
            rows.extend(mapper.rows([linked(lead_id, own)]))
    return rows


def if_there(table: str, part: str, pages: Iterator[Items]) -> Iterator[Items]:
    """`pages` of a part of amoCRM that not every tariff has and not every token may see.

    Only customers and catalogs are such: leads that may not be read stop the run.
    """
    try:
        yield from pages
    except AnswerRefusedError as error:
        if part not in ("customers", "catalogs") or error.status not in (402, 403, 404):
            raise
        logger.info(
            "amocrm.%s: this account has no %s (%d), none are read", table, part, error.status
        )


def _since(state: State) -> int:
    return max(0, int(state.get("read_until", 0)) - OVERLAP)


def _leads_named_by(event: Mapping[str, Any]) -> set[int]:
    """The leads at either end of an event of linking."""
    ends = [(event.get("entity_type"), event.get("entity_id"))]
    for value in [*(event.get("value_before") or []), *(event.get("value_after") or [])]:
        entity = (value.get("link") or value.get("unlink") or {}).get("entity") or {}
        ends.append((entity.get("type"), entity.get("id")))
    return {int(one) for kind, one in ends if kind in ("lead", "leads") and one}
