"""How each table of raw_onec is read: catalogs whole; documents and records by a window of dates,
old ones by a sweep; with an exchange plan only what changed.

1C has no "changed at", and documents are edited, un-posted and back-dated long after their date. So
each run reads whole every document dated within the window. The first run, and --full-refresh, read
everything; killed, the first run goes on at the date it had reached.

A document of the window that we hold and 1C does not is asked for by its key: back-dated, it comes
with its new date; really gone, it is told so. A record's key holds its date, so that one which does
not come is gone. What does not belong here: reading what is held already (`revisits`), paging
(`client`), the feed itself (`exchange`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import (
    Checkpoint,
    Gone,
    Reader,
    RunContext,
    State,
    TableSpec,
    Unchanged,
)
from ingestion.errors import TableRefusedError
from ingestion.sources.onec.bindings import Binding
from ingestion.sources.onec.client import DOCUMENT, Items, OneCClient, Position
from ingestion.sources.onec.exchange import Changes, Exchange
from ingestion.sources.onec.infobase import Infobase
from ingestion.sources.onec.mapping import RECORD_KEY, Mapper, record_key
from ingestion.sources.onec.refusals import not_published
from ingestion.sources.onec.tables import BY_NAME, MESSAGES, TABLES

CATALOGS = tuple(t.name for t in TABLES if t.mode == "snapshot")
REGISTERS = tuple(t.name for t in TABLES if RECORD_KEY in t.columns)
DOCUMENTS = tuple(t.name for t in TABLES if "document_at" in t.columns)
SAFETY = timedelta(days=1)
"""So long a table may live on the feed alone: then it is read by dates, or whole, all the same."""

logger = logging.getLogger(__name__)

Pieces = Iterator[pa.Table | Checkpoint | Gone | Unchanged]
Reading = Callable[[TableSpec, Binding, State], Pieces]


class OneCReaders:
    """The readers of one infobase for one run."""

    def __init__(
        self,
        client: OneCClient,
        infobase: Infobase,
        exchange: Exchange | None,
        account_name: str,
        zone: ZoneInfo,
        window_days: int,
        context: RunContext,
    ) -> None:
        self._client = client
        self._infobase = infobase
        self._exchange = exchange
        self._account_name = account_name
        self._zone = zone
        self._context = context
        first_day = context.now.astimezone(zone).date() - timedelta(days=window_days)
        self._window_starts_at = datetime.combine(first_day, datetime.min.time(), zone)

    def readers(self) -> dict[str, Reader]:
        """One reader per declared table, in the order of declaration."""
        return {
            **{name: partial(self._read, BY_NAME[name], self._catalog) for name in CATALOGS},
            **{name: partial(self._read, BY_NAME[name], self._documents) for name in DOCUMENTS},
            **{name: partial(self._read, BY_NAME[name], self._records) for name in REGISTERS},
            MESSAGES: self._messages,
        }

    def _read(self, table: TableSpec, read: Reading, state: State) -> Pieces:
        """Nothing of a table that may be missing and is; but what was there has to stay there. What
        was remembered of another entity says nothing of this one.
        """
        binding = self._infobase.binding(table.name)
        if self._client.only_allowed:
            logger.warning("onec.%s: rows the user may not see are not read", table.name)
        if binding is not None:
            is_same = state.get("entity", binding.entity) == binding.entity
            yield from read(table, binding, state if is_same else {})
        elif state:
            raise not_published(table.name, (str(state["entity"]),))

    def _catalog(self, table: TableSpec, binding: Binding, state: State) -> Pieces:
        changes = self._told(state)
        if changes is not None and not changes.has(binding.entity):
            yield Unchanged()
            yield Checkpoint(self._state(binding, state["read_at"]))
            return
        mapper = self.mapper(table, binding)
        pages = self._client.catalog(table.name, binding.entity)
        yield from batched("onec", table, (mapper.rows(items) for items in pages))
        yield Checkpoint(self._state(binding))

    def _documents(self, table: TableSpec, binding: Binding, state: State) -> Pieces:
        changes, told = self._changes(), self._told(state)
        keys = set(changes.keys(binding.entity)) if changes is not None else set()
        if told is not None:
            yield from self.by_keys(table, binding, keys, is_told=True)
            yield Checkpoint(self._state(binding, state["read_at"]))
            return
        looked_from, held = self._held_of_window(table, "ref_key", "document_at", state)
        seen: set[str] = set()
        mapper = self.mapper(table, binding)

        def pages() -> Iterator[list[Row] | Checkpoint]:
            for items in self._dated(table, binding, DOCUMENT, state):
                seen.update(item["Ref_Key"] for item in items if item["Date"] >= looked_from)
                yield mapper.rows(items)
                if not state.get("has_read_everything"):
                    yield Checkpoint({"reached": items[-1]["Date"], "entity": binding.entity})

        yield from batched("onec", table, pages())
        yield from self.by_keys(table, binding, held - seen)
        yield from self.by_keys(table, binding, keys - seen - held, is_told=True)
        yield Checkpoint(self._state(binding))

    def _records(self, table: TableSpec, binding: Binding, state: State) -> Pieces:
        """Records have no version and no key of their own that a feed could tell."""
        looked_from, held = self._held_of_window(table, RECORD_KEY, "period_at", state)
        seen: set[str] = set()
        mapper = self.mapper(table, binding)

        def pages() -> Iterator[list[Row] | Checkpoint]:
            for items in self._dated(table, binding, position(binding), state):
                recent = (item for item in items if item["Period"] >= looked_from)
                seen.update(record_key(binding, item) for item in recent)
                yield mapper.rows(items)
                if not state.get("has_read_everything"):
                    yield Checkpoint({"reached": items[-1]["Period"], "entity": binding.entity})

        yield from batched("onec", table, pages())
        if gone := held - seen:
            yield Gone(tuple((one,) for one in sorted(gone)))
        yield Checkpoint(self._state(binding))

    def _messages(self, state: State) -> Pieces:
        if self._exchange is None:
            return
        changes = self._exchange.changes()
        row = {
            "account_name": self._account_name,
            "message_no": changes.message_no,
            "node": self._exchange.node,
            "selected_at": self._context.now,
            "changed_count": sum(len(keys) for keys in changes.changed.values()),
            "erased_count": sum(len(keys) for keys in changes.erased.values()),
        }
        yield from batched("onec", BY_NAME[MESSAGES], [[row]])

    def by_keys(
        self, table: TableSpec, binding: Binding, keys: set[str], *, is_told: bool = False
    ) -> Iterator[pa.Table | Checkpoint | Gone]:
        """Objects with these keys, whatever their date, and those of them that are gone."""
        found: set[str] = set()
        mapper = self.mapper(table, binding)

        def pages() -> Iterator[list[Row]]:
            for items in self._client.by_keys(table.name, binding.entity, sorted(keys)):
                found.update(item["Ref_Key"] for item in items)
                yield mapper.rows(items)

        yield from batched("onec", table, pages())
        if gone := keys - found:
            yield Gone(tuple((one,) for one in sorted(gone)), is_told=is_told)

    def mapper(self, table: TableSpec, binding: Binding) -> Mapper:
        kinds = self._infobase.kinds_of_contact() if "contact_info" in table.columns else None
        return Mapper(table, binding, self._account_name, self._zone, kinds)

    def local(self, moment: datetime) -> str:
        """As 1C writes it: the local time of its server."""
        return moment.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M:%S")

    def _dated(
        self, table: TableSpec, binding: Binding, dated: Position, state: State
    ) -> Iterator[Items]:
        border = self.local(self._window_starts_at)
        since = border if state.get("has_read_everything") else state.get("reached")
        return self._client.dated(table.name, binding.entity, dated, since=since)

    def _held_of_window(
        self, table: TableSpec, key: str, dated: str, state: State
    ) -> tuple[str, set[str]]:
        """From which date on (1C's local time) rows that we hold have to come, and their keys.

        What lies before the date where a killed first load goes on was seen by that load.
        """
        border = self.local(self._window_starts_at)
        since = border if state.get("has_read_everything") else state.get("reached")
        looked_from = max(border, since or border)
        moment = datetime.fromisoformat(looked_from).replace(tzinfo=self._zone)
        rows = self._context.held(table.name, (key,), at_least=(dated, moment))
        return looked_from, {str(one) for (one,) in rows}

    def _changes(self) -> Changes | None:
        """This run's message. A plan that cannot be used is told by the table of its messages; all
        others are read by dates then.
        """
        if self._exchange is None:
            return None
        try:
            return self._exchange.changes()
        except TableRefusedError:
            return None

    def _told(self, state: State) -> Changes | None:
        """This run's message, if it is all that happened since the table was read: the message
        before was landed in this table too, and a reading by dates is not due.
        """
        changes = self._changes()
        if changes is None or changes.landed_no is None:
            return None
        read_at = state.get("read_at")
        if state.get("message_no") != changes.landed_no or read_at is None:
            return None
        is_due = self._context.now - datetime.fromisoformat(read_at) >= SAFETY
        return None if is_due else changes

    def _state(self, binding: Binding, read_at: str | None = None) -> State:
        """`read_at`: when the table was last read by dates or whole; now, unless given."""
        changes = self._changes()
        return {
            "entity": binding.entity,
            "has_read_everything": True,
            "read_at": read_at or self._context.now.isoformat(),
            "message_no": changes.message_no if changes is not None else None,
        }


def position(binding: Binding) -> Position:
    """How records of a register are ordered: by period, then by the rest of their key."""
    then = tuple(one for one in binding.key if one != "Period" and not one.endswith("_Type"))
    return Position("Period", then)
