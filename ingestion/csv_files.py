"""Rows of one package as CSV files that Postgres copies as they are, one file a table.

One file, because of two rows with the same key the later one wins, and files are copied side by
side.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ingestion.catalog import LOAD_ID_COLUMN


@dataclass
class CsvFile:
    """The rows of one table."""

    table: str
    path: Path
    rows: int = 0


class CsvFiles:
    """Open files in `folder`; `closed` are those of the package once the block is left."""

    def __init__(self, folder: Path, load_id: str) -> None:
        self._folder = folder
        self._load_id = load_id
        self._open: dict[str, tuple[CsvFile, arrow_csv.CSVWriter]] = {}
        self._stack = ExitStack()

    @property
    def closed(self) -> list[CsvFile]:
        return [file for file, _ in self._open.values()]

    def add(self, table: str, rows: pa.Table) -> None:
        """Writes `rows` behind those the table has, each marked with the package's load id."""
        columns = {name: _written(rows[name]) for name in rows.column_names}
        marked = pa.table({**columns, LOAD_ID_COLUMN: pa.repeat(self._load_id, rows.num_rows)})
        if table not in self._open:
            file = CsvFile(table, self._folder / f"{table}.csv")
            writer = arrow_csv.CSVWriter(str(file.path), marked.schema)
            self._open[table] = file, self._stack.enter_context(writer)
        file, writer = self._open[table]
        writer.write_table(marked)
        file.rows += rows.num_rows

    def __enter__(self) -> CsvFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def _written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`column` as the CSV writer takes it: of moments it looks up their zone in every row, which
    costs as much as all other columns, so they come as text.
    """
    if not pa.types.is_timestamp(column.type):
        return column
    utc = column.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(utc, "Z", "")
