"""A workbook as people write it becomes rows, or the whole list of what is wrong with it.

What belongs here: where on a sheet a table begins, which column is which, what a row is. What does
not: the forms of single cells (`cells`), words (`sentences`), files and runs (`resources`).

A header is found in the first rows by its titles, merged cells count for all that they cover, blank
rows, totals and the template's examples are none of the table's rows. A formula counts as the value
Excel kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ingestion.sources.workbook import cells
from ingestion.sources.workbook.layout import SHEETS, Column, Locale, Sheet
from ingestion.sources.workbook.sentences import in_locale, say

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_HEADER_WITHIN = 15
_TOTALS = re.compile(r"(итого|всего|всього|разом|total)\b", re.IGNORECASE)

_PLACE = ("sheet_name", "row_number")

Row = dict[str, Any]


class NotAWorkbookError(Exception):
    """The file is cut short, no Excel file, or has a password."""


@dataclass
class Book:
    """What was read: `rows` by table, `faults` as sentences, and what was left unread."""

    locale: Locale
    rows: dict[str, list[Row]] = field(default_factory=lambda: {one.table: [] for one in SHEETS})
    tables: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    examples_count: int = 0
    unread_sheets: list[str] = field(default_factory=list)
    unread_columns: dict[str, list[str]] = field(default_factory=dict)

    def blame(self, fault: str, sheet: str, row: int | None = None, **parts: object) -> None:
        what = say(fault, self.locale, **parts)
        place = "on" if row is None else "at"
        self.faults.append(say(place, self.locale, sheet=sheet, row=row, what=what))

    def title(self, column: Column) -> str:
        return in_locale(column.titles, self.locale)


def read_book(content: bytes, locale: Locale) -> Book:
    """Reads every known sheet of a file's bytes. Raises NotAWorkbookError."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    book = Book(locale)
    try:
        opened = CalamineWorkbook.from_filelike(BytesIO(content))
        for name in opened.sheet_names:
            sheet = _sheet_named(name)
            if sheet is None:
                book.unread_sheets.append(name)
            else:
                book.tables.add(sheet.table)
                _SheetReading(book, sheet, name, _filled(opened.get_sheet_by_name(name))).read()
    except (CalamineError, PasswordError):
        raise NotAWorkbookError from None
    for sheet in SHEETS:
        _blame_repeated(book, sheet)
    if not book.tables:
        sheets = ", ".join(in_locale(sheet.titles, locale) for sheet in SHEETS)
        book.faults.append(say("nothing_known", locale, sheets=sheets))
    return book


def _sheet_named(name: str) -> Sheet | None:
    """The longest title wins: «Правила каналов», not a sheet «Правила»."""
    plain = str(cells.clean(name)).lower()
    found = [
        (len(title), sheet)
        for sheet in SHEETS
        for title in sheet.titles
        if plain == title.lower() or plain.startswith(title.lower() + " ")
    ]
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    if cells.is_month_name(plain):
        return next(sheet for sheet in SHEETS if sheet.is_by_month)
    return None


def _filled(sheet: CalamineSheet) -> list[list[Any]]:
    """The cells from A1 on; a merged cell's value stands in every cell that it covers."""
    rows = [[cells.clean(cell) for cell in row] for row in sheet.iter_rows()]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


@dataclass
class _SheetReading:
    book: Book
    sheet: Sheet
    name: str
    rows: list[list[Any]]

    def read(self) -> None:
        if not any(cell is not None for row in self.rows for cell in row):
            return
        header = self._header_row()
        if header is None:
            needed = [self.book.title(one) for one in self.sheet.columns if one.is_required]
            self.book.blame("no_header", self.name, columns=", ".join(needed))
            return
        placed, fixed = self._columns(self.rows[header]), self._fixed()
        if not self._is_complete(placed, fixed):
            return
        for number, row in enumerate(self.rows[header + 1 :], header + 2):
            if self._is_row(row, placed):
                self._read_row(number, row, placed, fixed)

    def _header_row(self) -> int | None:
        """The row with most known titles, the lowest of equals: the last of a merged header."""

        def known(row: list[Any]) -> int:
            return len({column.name for _, column in self._titled(row)})

        most, place = max(
            ((known(row), at) for at, row in enumerate(self.rows[:_HEADER_WITHIN])), default=(0, 0)
        )
        return place if most >= 2 else None

    def _titled(self, row: list[Any]) -> Iterator[tuple[int, Column]]:
        for place, cell in enumerate(row):
            title = str(cell or "").lower()
            for column in self.sheet.columns:
                titles = [one.lower() for one in (*column.titles, *column.older)]
                if title in titles or (
                    column.kind == "points"
                    and any(title.startswith((f"{one}:", f"{one} ")) for one in titles)
                ):
                    yield place, column

    def _columns(self, header: list[Any]) -> list[tuple[int, Column, str]]:
        """Where which column stands, and how the sheet calls it."""
        placed: list[tuple[int, Column, str]] = []
        titled = list(self._titled(header))
        for place, column in titled:
            same = [at for at, known, _ in placed if known is column]
            if same and column.kind != "points":
                self.book.blame("two_columns", self.name, column=header[place])
            else:
                placed.append((place, column, str(header[place])))
        known = {place for place, _ in titled}
        unread = [str(cell) for at, cell in enumerate(header) if cell and at not in known]
        if unread:
            self.book.unread_columns[self.name] = unread
        return placed

    def _fixed(self) -> Row:
        """The month of a sheet that is named for one."""
        if self.sheet.is_by_month:
            words = str(cells.clean(self.name)).split(" ")
            for name in (" ".join(words), " ".join(words[1:])):
                try:
                    return {"month": cells.month(name).isoformat()}
                except cells.UnreadableCellError:
                    continue
        return {}

    def _is_complete(self, placed: list[tuple[int, Column, str]], fixed: Row) -> bool:
        there = {column.name for _, column, _ in placed} | set(fixed)
        missing = [one for one in self.sheet.columns if one.is_required and one.name not in there]
        for column in missing:
            is_unnamed = column.name == "month" and cells.is_month_name(self.name)
            fault = "no_year" if is_unnamed else "no_column"
            self.book.blame(fault, self.name, column=self.book.title(column))
        return not missing

    def _is_row(self, row: list[Any], placed: list[tuple[int, Column, str]]) -> bool:
        """Notes beside the table, blank rows and totals are none."""
        given = [row[place] for place, _, _ in placed if row[place] is not None]
        first = next((cell for cell in row if cell is not None), None)
        return bool(given) and not (isinstance(first, str) and _TOTALS.match(first))

    def _read_row(
        self, number: int, row: list[Any], placed: list[tuple[int, Column, str]], fixed: Row
    ) -> None:
        read: Row = {"sheet_name": self.name, "row_number": number, **fixed}
        read.update({column.name: {} for _, column, _ in placed if column.kind == "points"})
        is_good = True
        for place, column, title in placed:
            cell = row[place]
            if cell is None:
                if column.is_required and column.kind != "points" and column.name not in fixed:
                    self.book.blame("blank", self.name, number, column=title)
                    is_good = False
                continue
            try:
                value = cells.read(cell, column)
            except cells.UnreadableCellError as error:
                words = (column.values or {}).values()
                values = ", ".join(in_locale(one, self.book.locale) for one in words)
                self.book.blame(error.sentence, self.name, number, column=title, values=values)
                is_good = False
                continue
            if column.kind == "points":
                read[column.name][_point(title)] = value
            else:
                read[column.name] = value
        if not is_good or not self._agrees(number, read):
            return
        if {name: read[name] for name in read if name not in _PLACE} in self._examples:
            self.book.examples_count += 1
        else:
            self.book.rows[self.sheet.table].append(read)

    @cached_property
    def _examples(self) -> list[Row]:
        return _examples(self.sheet)

    def _agrees(self, number: int, read: Row) -> bool:
        """What the cells of one row say together."""
        if self.sheet.table == "leave" and read["last_date"] < read["first_date"]:
            self.book.blame("ends_before_it_begins", self.name, number)
            return False
        if read.get("pipeline_kind") == "sales" and "stage_rank" not in read:
            column = next(one for one in self.sheet.columns if one.name == "stage_rank")
            self.book.blame("no_rank", self.name, number, column=self.book.title(column))
            return False
        is_rule = self.sheet.table == "channel_rules" and "channel" in read
        asks = any(name == "called_number" or name.endswith("_pattern") for name in read)
        if is_rule and not asks:
            self.book.blame("no_pattern", self.name, number)
            return False
        return True


def _examples(sheet: Sheet) -> list[Row]:
    """What the template's examples are read as: who left them as they were meant nothing by it."""
    return [
        {
            column.name: {"1": read} if column.kind == "points" else read
            for column in sheet.columns
            if place < len(column.examples) and column.examples[place]
            for read in [cells.read(column.examples[place], column)]
        }
        for place in range(max(len(column.examples) for column in sheet.columns))
    ]


def _point(title: str) -> str:
    """«Балл: приветствие» is about the greeting."""
    return re.sub(r"^\S+?:?\s+", "", title)


def _blame_repeated(book: Book, sheet: Sheet) -> None:
    seen: dict[tuple[str, ...], Row] = {}
    for row in book.rows[sheet.table]:
        key = tuple(str(row.get(name, "")).lower() for name in sheet.unique)
        first = seen.setdefault(key, row)
        if first is not row:
            book.blame(
                "repeated",
                row["sheet_name"],
                row["row_number"],
                first=first["row_number"],
                first_sheet=first["sheet_name"],
            )
