"""Reading again what is held already: by date, when a person asks for it (windows), and to find
what was edited or erased long after its date (sweeps).

A sweep compares the key and version of old documents with what we hold, and reads again those whose
version is not ours. Records have no version: those of the walked dates are read whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from ingestion.batches import Row, batched
from ingestion.catalog import Checkpoint, Gone, Sweep, TableSpec, WindowReader
from ingestion.sources.onec.client import DOCUMENT, PAGE, OneCClient, Position
from ingestion.sources.onec.infobase import Infobase
from ingestion.sources.onec.mapping import RECORD_KEY, record_key
from ingestion.sources.onec.resources import DOCUMENTS, REGISTERS, OneCReaders, position
from ingestion.sources.onec.tables import BY_NAME

SWEPT = ("Ref_Key", "Date", "DataVersion", "Posted", "DeletionMark")
ONE_SECOND = timedelta(seconds=1)

Found = Iterator[pa.Table | Checkpoint | Gone]


class OneCRevisits:
    """The windows and sweeps of one infobase."""

    def __init__(self, client: OneCClient, infobase: Infobase, readers: OneCReaders) -> None:
        self._client = client
        self._infobase = infobase
        self._readers = readers

    def windows(self) -> dict[str, WindowReader]:
        """Everything that is dated."""
        return {name: partial(self._window, BY_NAME[name]) for name in (*DOCUMENTS, *REGISTERS)}

    def sweeps(self) -> dict[str, Sweep]:
        documents = {
            name: Sweep(
                walk_by="document_at",
                page=PAGE,
                columns=("ref_key", "document_at", "data_version"),
                look=partial(self._look_at_documents, BY_NAME[name]),
                by_span=True,
            )
            for name in DOCUMENTS
        }
        records = {
            name: Sweep(
                walk_by="period_at",
                page=PAGE,
                columns=(RECORD_KEY, "period_at"),
                look=partial(self._look_at_records, BY_NAME[name]),
                by_span=True,
            )
            for name in REGISTERS
        }
        return {**documents, **records}

    def _window(self, table: TableSpec, start: datetime, end: datetime) -> Found:
        binding = self._infobase.binding(table.name)
        if binding is None:
            return
        mapper = self._readers.mapper(table, binding)
        pages = self._client.dated(
            table.name,
            binding.entity,
            DOCUMENT if table.name in DOCUMENTS else position(binding),
            since=self._readers.local(start),
            before=self._readers.local(end),
        )
        yield from batched("onec", table, (mapper.rows(items) for items in pages))

    def _look_at_documents(
        self, table: TableSpec, held: list[tuple[Any, ...]], after: str | None
    ) -> Found:
        """Documents dated from `after` to the last of `held` which are new to us or of another
        version, and held ones that are elsewhere or gone.
        """
        binding = self._infobase.binding(table.name)
        if binding is None:
            return
        versions = {str(ref_key): version for ref_key, _, version in held}
        found: dict[str, Any] = {}
        for items in self._span(table, binding.entity, DOCUMENT, held, after, SWEPT):
            found.update({item["Ref_Key"]: (item["DataVersion"], item["Date"]) for item in items})
        # What is dated as the row before the page is of the page before it.
        before = None if after is None else self._local(after)
        changed = {
            key
            for key, (version, dated) in found.items()
            if versions.get(key) != version and (key in versions or dated != before)
        }
        missing = versions.keys() - found.keys()
        yield from self._readers.by_keys(table, binding, changed | missing)

    def _look_at_records(
        self, table: TableSpec, held: list[tuple[Any, ...]], after: str | None
    ) -> Found:
        """Every record dated from `after` to the last of `held`, and held ones not there."""
        binding = self._infobase.binding(table.name)
        if binding is None:
            return
        mapper = self._readers.mapper(table, binding)
        found: set[str] = set()

        def pages() -> Iterator[list[Row]]:
            for items in self._span(table, binding.entity, position(binding), held, after, ()):
                found.update(record_key(binding, item) for item in items)
                yield mapper.rows(items)

        yield from batched("onec", table, pages())
        if gone := {str(key) for key, *_ in held} - found:
            yield Gone(tuple((key,) for key in sorted(gone)))

    def _span(
        self,
        table: TableSpec,
        entity: str,
        dated: Position,
        held: list[tuple[Any, ...]],
        after: str | None,
        select: tuple[str, ...],
    ) -> Iterator[list[dict[str, Any]]]:
        return self._client.dated(
            table.name,
            entity,
            dated,
            since=None if after is None else self._local(after),
            before=self._readers.local(held[-1][1] + ONE_SECOND),
            select=select,
        )

    def _local(self, after: str) -> str:
        return self._readers.local(datetime.fromisoformat(after))
