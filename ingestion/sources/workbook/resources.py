"""One workbook file: read once a run, all of it accepted or none.

What belongs here: whether it changed since it was accepted, and the refusal of the whole file. What
does not: what stands in it (`reader`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import NoReturn

import pyarrow as pa

from ingestion.batches import to_arrow
from ingestion.catalog import (
    Checkpoint,
    Held,
    OpenSource,
    Piece,
    Probe,
    State,
    TableSpec,
    Unchanged,
)
from ingestion.errors import SourceError
from ingestion.sources.workbook.layout import SHEETS, Locale
from ingestion.sources.workbook.reader import Book, NotAWorkbookError, read_book
from ingestion.sources.workbook.sentences import in_locale, say
from ingestion.sources.workbook.tables import TABLES

logger = logging.getLogger(__name__)

_READING = 2
"""To be raised when the same file comes to mean other rows, so that it is read again."""


class Workbook:
    """The file at `path`; its faults are told in the language of `locale`."""

    def __init__(self, path: Path, account_name: str, locale: Locale, held: Held) -> None:
        self._path = path
        self._account_name = account_name
        self._locale = locale
        self._held = held
        self._reading = Lock()

    def opened(self) -> OpenSource:
        return OpenSource(
            readers={table.name: partial(self._read, table) for table in TABLES},
            probes=(Probe(self._path.name, self._probe),),
        )

    def _read(self, table: TableSpec, state: State) -> Iterator[Piece]:
        with self._reading:  # tables are read in threads; the file is read in the first of them
            if state.get("digest") == self._digest:
                yield Unchanged()
                return
            rows = self._book.rows[table.name]
        yield self._arrow(table, rows)
        yield Checkpoint({"digest": self._digest})

    def _arrow(self, table: TableSpec, rows: list[dict[str, object]]) -> pa.Table:
        return to_arrow(
            "workbook", table, [{"account_name": self._account_name, **row} for row in rows]
        )

    @cached_property
    def _content(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError:
            self._refuse(say("unreadable", self._locale, file=self._path.name))

    @cached_property
    def _digest(self) -> str:
        """Of the bytes, and of how they are read."""
        return hashlib.sha256(f"{_READING} {TABLES!r}".encode() + self._content).hexdigest()

    @cached_property
    def _book(self) -> Book:
        """The book, once nothing in it is wrong. Raises SourceError with all that is."""
        try:
            book = read_book(self._content, self._locale)
        except NotAWorkbookError:
            self._refuse(say("not_a_workbook", self._locale, file=self._path.name))
        for sheet in SHEETS:
            if sheet.table not in book.tables and self._held(sheet.table, ("row_number",)):
                title = in_locale(sheet.titles, self._locale)
                book.faults.append(say("no_sheet", self._locale, sheet=title))
        if book.faults:
            faults = "\n".join(f"  {fault}" for fault in book.faults)
            count = len(book.faults)
            name = self._path.name
            self._refuse(say("refused", self._locale, file=name, count=count, faults=faults))
        if book.unread_sheets or book.unread_columns or book.examples_count:
            logger.warning("%s: %s", self._path.name, self._seen(book))
        return book

    def _refuse(self, what: str) -> NoReturn:
        raise SourceError("workbook", None, what, say("mend", self._locale))

    def _probe(self) -> str:
        return self._seen(self._book)

    def _seen(self, book: Book) -> str:
        rows = sum(len(rows) for rows in book.rows.values())
        unread = ", ".join(book.unread_sheets) or "0"
        lines = [say("seen", self._locale, rows=rows, unread=unread)]
        if book.examples_count:
            lines.append(say("examples_unread", self._locale, count=book.examples_count))
        for sheet, columns in book.unread_columns.items():
            names = ", ".join(columns)
            lines.append(say("columns_unread", self._locale, sheet=sheet, columns=names))
        return "; ".join(lines)
