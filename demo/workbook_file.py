"""Writes the company's workbook as an Excel file. The same sheets make the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from demo.workbook import Sheets

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""Excel keeps when a file was made; ours must not differ by it."""


def write(path: Path, sheets: Sheets) -> None:
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _WRITTEN})
        bold = book.add_format({"bold": True})
        as_date = book.add_format({"num_format": "dd.mm.yyyy"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(number, place, cell, as_date)
                    elif cell is not None:
                        page.write(number, place, cell, bold if number == 0 else None)
