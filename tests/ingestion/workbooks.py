"""Workbooks as people write them, for tests: a dict of sheets, each a list of rows."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from ingestion.catalog import RunContext
from ingestion.sources.workbook import WORKBOOK

Rows = Sequence[Sequence[Any]]
PLAN_HEADER = ("Месяц", "Отдел", "Менеджер", "Выручка")
JUNE = ("июнь 2026", "Опт", "Иванова Анна", 100)


def write(
    path: Path, sheets: Mapping[str, Rows], merged: Mapping[str, Mapping[str, str]] | None = None
) -> Path:
    """`merged` are ranges by sheet: {"План": {"A1:D1": "Планы"}}; dates are Excel's own."""
    with xlsxwriter.Workbook(path) as book:
        as_date = book.add_format({"num_format": "dd.mm.yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, as_date)
                    elif cell is not None:
                        sheet.write(number, place, cell)
            for cells, value in (merged or {}).get(name, {}).items():
                sheet.merge_range(cells, value)
    return path


@contextmanager
def opened(path: Path, locale: str = "ru", held: Sequence[str] = ()) -> Any:
    """The source over the file; the warehouse holds rows of the tables `held`."""
    values = {"WORKBOOK_FILE": str(path), "WORKBOOK_ACCOUNT": "main", "COMPANY_LOCALE": locale}
    context = RunContext(
        now=datetime(2026, 6, 1, tzinfo=UTC),
        business_timezone="Europe/Moscow",
        held=lambda table, columns, at_least=None: [(1,)] if table in held else [],
        secrets_dir=path.parent,
        monotonic=lambda: 0.0,
        sleep=lambda seconds: None,
    )
    with WORKBOOK.open(values, context) as source:
        yield source
