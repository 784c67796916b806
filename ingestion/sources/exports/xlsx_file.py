"""The rows of a sheet of a workbook as text, the way a person would type them.

What belongs here: cells to text. A formula counts as the value Excel kept with it; a cell with an
error (`#N/A`) counts as empty. What does not: what the text means (`cells`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingestion.sources.exports.declarations import FILES_YML, DeclaredFile
from ingestion.sources.exports.faults import FileFaultError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_ROWS_PER_BATCH = 20_000


def read_header(path: Path, file: DeclaredFile) -> tuple[list[str], int]:
    """The names as the sheet has them, and how many rows lie before the rows of data."""
    row = next(islice(_sheet(path, file).iter_rows(), file.header_row - 1, None), None)
    if row is None:
        raise FileFaultError(
            f"{path.name} has no row {file.header_row}, where its header should be",
            f"Mend the file, or correct header_row of {file.name} in {FILES_YML}",
        )
    return [_text(cell, ".") or "" for cell in row], file.header_row


def read_rows(path: Path, file: DeclaredFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Batches with the columns `names`, all text, empty cells as null."""
    decimals = [file.decimal if name in file.numbers else "." for name in names]
    rows = islice(_sheet(path, file).iter_rows(), file.header_row, None)
    while batch := list(islice(rows, _ROWS_PER_BATCH)):
        columns = [
            pa.array([_text(cell, decimal) for cell in cells], pa.string())
            for cells, decimal in zip(zip(*batch, strict=True), decimals, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _sheet(path: Path, file: DeclaredFile) -> CalamineSheet:
    """Rows come from row 1 of the sheet on, blank ones too, all of one width."""
    from python_calamine import CalamineError, CalamineWorkbook, WorksheetNotFound

    try:
        book = CalamineWorkbook.from_path(path)
        return book.get_sheet_by_name(file.sheet or book.sheet_names[0])
    except WorksheetNotFound:
        raise FileFaultError(
            f"{path.name} has no sheet as declared for {file.name}",
            f"Correct its sheet in {FILES_YML}",
        ) from None
    except CalamineError:
        raise FileFaultError(
            f"{path.name} is not a whole workbook, or it has a password",
            "Wait until it is written, or save it as .xlsx without a password",
        ) from None


def _text(cell: Any, decimal: str) -> str | None:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float):
        return _number(cell, decimal)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _number(cell: float, decimal: str) -> str:
    """Excel keeps every number as a float: 79990001122.0 is typed 79990001122, 1e-05 is 0.00001."""
    exact = Decimal(repr(cell))
    if exact == exact.to_integral_value():
        return str(int(exact))
    return format(exact, "f").replace(".", decimal)
