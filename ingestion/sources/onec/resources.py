"""How each table of raw_onec is read: catalogs whole; documents by a window and a sweep of keys.

1C has no "changed at", and documents are edited, un-posted and back-dated long after their date. So
each run reads whole every document dated within the window, and of the older ones only key and
version; those whose version is not the one we hold are read again. The first run, and
--full-refresh, read everything.

A document of the window that we hold and 1C does not is asked for by its key; if it is really gone,
it goes from raw as well. Older ones are kept: 1C bases get cut, and the history must not go with
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import Reader, Removed, RunContext, State, TableSpec
from ingestion.sources.onec import mapping
from ingestion.sources.onec.client import Items, OneCClient
from ingestion.sources.onec.tables import TABLES

CATALOGS = {
    "counterparties": "Catalog_Контрагенты",
    "currencies": "Catalog_Валюты",
}
DOCUMENTS = {
    "invoices": "Document_СчетНаОплатуПокупателю",
    "bank_receipts": "Document_ПоступлениеНаРасчетныйСчет",
    "bank_write_offs": "Document_СписаниеСРасчетногоСчета",
    "sales_documents": "Document_РеализацияТоваровУслуг",
}
SWEPT = ("Ref_Key", "Date", "DataVersion", "Posted", "DeletionMark")


class OneCReaders:
    """The readers of one infobase for one run."""

    def __init__(
        self,
        client: OneCClient,
        account_name: str,
        zone: ZoneInfo,
        window_days: int,
        context: RunContext,
    ) -> None:
        self._client = client
        self._account_name = account_name
        self._zone = zone
        self._context = context
        first_day = context.now.astimezone(zone).date() - timedelta(days=window_days)
        self._window_starts_at = datetime.combine(first_day, datetime.min.time(), zone)

    def readers(self) -> dict[str, Reader]:
        """One reader per declared table, in the order of declaration."""
        return {
            table.name: partial(self._catalog, table, CATALOGS[table.name])
            if table.name in CATALOGS
            else partial(self._documents, table, DOCUMENTS[table.name])
            for table in TABLES
        }

    def _catalog(self, table: TableSpec, entity: str, state: State) -> Iterator[pa.Table]:
        pages = self._client.catalog(table.name, entity)
        yield from batched("onec", table, (self._rows(table, items) for items in pages))

    def _documents(
        self, table: TableSpec, entity: str, state: State
    ) -> Iterator[pa.Table | Removed]:
        held = {
            str(ref_key): (version, document_at)
            for ref_key, version, document_at in self._context.held(
                table.name, ("ref_key", "data_version", "document_at")
            )
        }
        border, changed = None, set[str]()
        if state.get("has_read_everything"):
            # Sweep first: a document back-dated in between is met in neither and asked for by key.
            border = self._window_starts_at.strftime("%Y-%m-%dT%H:%M:%S")
            changed = self._swept_changes(table, entity, border, held)
        seen: set[str] = set()
        yield from batched("onec", table, self._since(table, entity, border, seen))
        missing = {
            ref_key
            for ref_key, (_, document_at) in held.items()
            if ref_key not in seen and document_at >= self._window_starts_at
        }
        found: set[str] = set()
        yield from batched("onec", table, self._by_keys(table, entity, changed | missing, found))
        if gone := missing - found:
            yield Removed(tuple(sorted(gone)))
        state["has_read_everything"] = True

    def _swept_changes(
        self, table: TableSpec, entity: str, border: str, held: dict[str, tuple[Any, Any]]
    ) -> set[str]:
        """Keys of documents before the window that are new to us or of another version."""
        return {
            item["Ref_Key"]
            for items in self._client.documents(
                table.name, entity, since=None, before=border, select=SWEPT
            )
            for item in items
            if held.get(item["Ref_Key"], (None, None))[0] != item["DataVersion"]
        }

    def _since(
        self, table: TableSpec, entity: str, border: str | None, seen: set[str]
    ) -> Iterator[list[Row]]:
        """Whole documents from `border` on, or all of them; their keys are put into `seen`."""
        for items in self._client.documents(table.name, entity, since=border):
            seen.update(item["Ref_Key"] for item in items)
            yield self._rows(table, items)

    def _by_keys(
        self, table: TableSpec, entity: str, keys: set[str], found: set[str]
    ) -> Iterator[list[Row]]:
        for items in self._client.by_keys(table.name, entity, sorted(keys)):
            found.update(item["Ref_Key"] for item in items)
            yield self._rows(table, items)

    def _rows(self, table: TableSpec, items: Items) -> list[Row]:
        return [mapping.row(table.name, item, self._account_name, self._zone) for item in items]
