"""Reading again what is held already: by id, to find what was erased without a word (sweeps), and
by date of creation, when a person asks for it (windows).

Bitrix24 tells of deletions by events alone, once and to whoever listens then; merges likewise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from ingestion.batches import batched, to_arrow
from ingestion.catalog import Gone, Sweep, WindowReader
from ingestion.sources.bitrix24.client import IDS_AT_ONCE, BitrixClient
from ingestion.sources.bitrix24.lists import ENTITIES, Listing, listings, stage_history
from ingestion.sources.bitrix24.mapping import Mapper
from ingestion.sources.bitrix24.resources import if_there
from ingestion.sources.bitrix24.tables import BY_NAME, TABLES

SWEPT = (*ENTITIES, "activities", "tasks")
_SECOND = timedelta(seconds=1)


class BitrixRevisits:
    """The sweeps and windows of one portal."""

    def __init__(self, client: BitrixClient, account_name: str, family: str) -> None:
        self._client = client
        self._lists = listings(family)
        self._mappers = {table.name: Mapper(table, account_name) for table in TABLES}

    def sweeps(self) -> dict[str, Sweep]:
        """Every table whose rows people can erase, walked by its key."""
        return {
            name: Sweep(
                walk_by="id", page=IDS_AT_ONCE, columns=("id",), look=partial(self._look, name)
            )
            for name in SWEPT
        }

    def windows(self) -> dict[str, WindowReader]:
        """Every table that grows, by creation."""
        lists = {name: partial(self._created, name) for name in self._lists}
        return {**lists, "stage_history": self._history}

    def _look(self, table: str, held: list[tuple[Any, ...]]) -> Iterator[pa.Table | Gone]:
        """The rows with these keys as the portal has them, and the keys it does not have."""
        listing = self._lists[table]
        for some, items in self._client.by_ids(table, listing, (one for (one,) in held)):
            if items:
                yield to_arrow("bitrix24", BY_NAME[table], self._mappers[table].rows(items))
            there = {int(listing.of_row(item, listing.id)) for item in items}
            if missing := sorted(set(some) - there):
                yield Gone(tuple((one,) for one in missing))

    def _created(self, table: str, start: datetime, end: datetime) -> Iterator[pa.Table]:
        yield from self._of(table, self._lists[table], start, end)

    def _history(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        for name in ("leads", "deals"):
            entity = ENTITIES[name]
            yield from self._of(
                "stage_history", stage_history(entity), start, end, entity_type_id=entity
            )

    def _of(
        self, table: str, listing: Listing, start: datetime, end: datetime, **given: Any
    ) -> Iterator[pa.Table]:
        pages = self._client.between(table, listing, listing.created, start, end - _SECOND)
        rows = (self._mappers[table].rows(items, **given) for items in if_there(table, pages))
        yield from batched("bitrix24", BY_NAME[table], rows)
