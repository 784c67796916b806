"""Writes the empty workbook: every sheet of the layout with examples, drop-downs and comments.

    python -m ingestion.sources.workbook.template FILE.xlsx --locale ru

What belongs here: how the workbook looks. What does not: which sheets and columns there are
(`layout`). A template as written is one that the reader accepts, and its examples say
nothing until somebody changes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.sources.workbook.layout import LOCALES, SHEETS, Column, Locale, Sheet
from ingestion.sources.workbook.sentences import in_locale, say

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_ROWS = 1000
"""So many rows below the header have drop-downs."""


def write_template(path: Path, locale: Locale) -> None:
    """One sheet a table, titles in the language of `locale`."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF7"})
        for sheet in SHEETS:
            _write_sheet(book.add_worksheet(in_locale(sheet.titles, locale)), sheet, locale, bold)


def _write_sheet(page: Worksheet, sheet: Sheet, locale: Locale, bold: Format) -> None:
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        title = in_locale(column.titles, locale)
        if column.kind == "points":
            title = f"{title}: 1"
        page.set_column(place, place, max(14, len(title) + 2))
        page.write_string(0, place, title, bold)
        page.write_comment(0, place, _comment(column, locale))
        for row, example in enumerate(column.examples, 1):
            if example:
                page.write_string(row, place, _shown(column, example, locale))
        values = _values(column, locale)
        if values:
            choice: dict[str, Any] = {"validate": "list", "source": values}
            page.data_validation(1, place, _ROWS, place, choice)


def _comment(column: Column, locale: Locale) -> str:
    said = [say(f"is_{column.kind}", locale)]
    if column.is_required:
        said.insert(0, say("is_required", locale))
    if column.note:
        said.append(in_locale(column.note, locale))
    return ". ".join(said)


def _values(column: Column, locale: Locale) -> list[str]:
    return [in_locale(words, locale) for words in (column.values or {}).values()]


def _shown(column: Column, example: str, locale: Locale) -> str:
    """Examples stand in the layout in Russian; those of a list are shown in the people's words."""
    values = (column.values or {}).values()
    return next((in_locale(words, locale) for words in values if example in words), example)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the empty workbook.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--locale", choices=LOCALES, default="ru")
    given = parser.parse_args()
    given.file.parent.mkdir(parents=True, exist_ok=True)
    write_template(given.file, given.locale)


if __name__ == "__main__":
    main()
