"""How each table of raw_onec is read: catalogs whole; documents by a window, old ones by a sweep.

1C has no "changed at", and documents are edited, un-posted and back-dated long after their date. So
each run reads whole every document dated within the window. The first run, and --full-refresh, read
everything; killed, the first run goes on at the date it had reached.

A document of the window that we hold and 1C does not is asked for by its key: back-dated, it comes
with its new date; really gone, it is told so. Of older documents a nightly sweep compares key and
version with what we hold, a bounded number a night. What does not belong here: paging (`client`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import (
    Checkpoint,
    Gone,
    OpenSource,
    Probe,
    RunContext,
    State,
    Sweep,
    TableSpec,
)
from ingestion.sources.onec import mapping
from ingestion.sources.onec.client import PAGE, Items, OneCClient
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
ONE_SECOND = timedelta(seconds=1)


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

    def opened(self) -> OpenSource:
        """Everything the infobase offers, in the order of declaration."""
        documents = [table for table in TABLES if table.name in DOCUMENTS]
        return OpenSource(
            readers={
                table.name: partial(
                    self._documents if table.name in DOCUMENTS else self._catalog, table
                )
                for table in TABLES
            },
            windows={table.name: partial(self._window, table) for table in documents},
            sweeps={
                table.name: Sweep(
                    walk_by="document_at",
                    page=PAGE,
                    columns=("ref_key", "data_version", "document_at"),
                    look=partial(self._look, table),
                )
                for table in documents
            },
            probes=tuple(
                Probe(entity, partial(self._probe, name, entity))
                for name, entity in {**CATALOGS, **DOCUMENTS}.items()
            ),
        )

    def _catalog(self, table: TableSpec, state: State) -> Iterator[pa.Table | Checkpoint]:
        pages = self._client.catalog(table.name, CATALOGS[table.name])
        yield from batched("onec", table, (self._rows(table, items) for items in pages))

    def _documents(self, table: TableSpec, state: State) -> Iterator[pa.Table | Gone | Checkpoint]:
        border = self._local(self._window_starts_at)
        since = border if state.get("has_read_everything") else state.get("reached")
        # What lies before the date where a killed first load goes on was seen by that load.
        looked_from = max(border, since or border)
        moment = datetime.fromisoformat(looked_from).replace(tzinfo=self._zone)
        rows = self._context.held(table.name, ("ref_key",), at_least=("document_at", moment))
        held = {str(ref_key) for (ref_key,) in rows}
        seen: set[str] = set()

        def pages() -> Iterator[list[Row] | Checkpoint]:
            for items in self._client.documents(table.name, DOCUMENTS[table.name], since=since):
                seen.update(item["Ref_Key"] for item in items if item["Date"] >= looked_from)
                yield self._rows(table, items)
                if not state.get("has_read_everything"):
                    yield Checkpoint({"reached": items[-1]["Date"]})

        yield from batched("onec", table, pages())
        yield from self._by_keys(table, held - seen)
        yield Checkpoint({"has_read_everything": True})

    def _window(
        self, table: TableSpec, start: datetime, end: datetime
    ) -> Iterator[pa.Table | Checkpoint]:
        pages = self._client.documents(
            table.name, DOCUMENTS[table.name], since=self._local(start), before=self._local(end)
        )
        yield from batched("onec", table, (self._rows(table, items) for items in pages))

    def _look(
        self, table: TableSpec, held: list[tuple[Any, ...]]
    ) -> Iterator[pa.Table | Gone | Checkpoint]:
        """Documents of the span of dates that `held` covers which are new to us or of another
        version, and held ones that are elsewhere or gone.
        """
        versions = {str(ref_key): version for ref_key, version, _ in held}
        found: dict[str, Any] = {}
        for items in self._client.documents(
            table.name,
            DOCUMENTS[table.name],
            since=self._local(held[0][2]),
            before=self._local(held[-1][2] + ONE_SECOND),
            select=SWEPT,
        ):
            found.update({item["Ref_Key"]: item["DataVersion"] for item in items})
        changed = {key for key, version in found.items() if versions.get(key) != version}
        yield from self._by_keys(table, changed | (versions.keys() - found.keys()))

    def _by_keys(self, table: TableSpec, keys: set[str]) -> Iterator[pa.Table | Gone | Checkpoint]:
        """Documents with these keys, whatever their date, and those of them that are gone."""
        found: set[str] = set()

        def pages() -> Iterator[list[Row]]:
            for items in self._client.by_keys(table.name, DOCUMENTS[table.name], sorted(keys)):
                found.update(item["Ref_Key"] for item in items)
                yield self._rows(table, items)

        yield from batched("onec", table, pages())
        if gone := keys - found:
            yield Gone(tuple((key,) for key in sorted(gone)))

    def _probe(self, table_name: str, entity: str) -> str:
        items = self._client.first(table_name, entity)
        return "readable" if items else "readable, and empty"

    def _local(self, moment: datetime) -> str:
        """As 1C writes it: the local time of its server."""
        return moment.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M:%S")

    def _rows(self, table: TableSpec, items: Items) -> list[Row]:
        return [mapping.row(table.name, item, self._account_name, self._zone) for item in items]
