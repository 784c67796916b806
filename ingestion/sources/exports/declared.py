"""A declared file as a table that DuckDB reads, as often as the SQL asks for it.

What belongs here: several files as one table, its names and types. What does not: how a format is
read (`csv_file`, `xlsx_file`), what a text means (`cells`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sources.exports import cells, csv_file, xlsx_file
from ingestion.sources.exports.declarations import FILES_YML, DeclaredFile
from ingestion.sources.exports.faults import FileFaultError

_READS: dict[str, ModuleType] = {"csv": csv_file, "xlsx": xlsx_file}


@dataclass
class DeclaredTable:
    """The rows of all `paths` of `file`; empty rows are left out.

    `fault` is what stopped the last reading: DuckDB passes on only the text of an exception.
    """

    file: DeclaredFile
    paths: list[Path]
    fault: FileFaultError | None = field(default=None, init=False)

    def check(self) -> None:
        """Raises FileFaultError when no file is there, or headers are not what they should be."""
        if not self.paths:
            raise FileFaultError(
                f"no file in EXPORTS_DATA is called {self.file.path}",
                f"Put it there, or correct the path of {self.file.name} in {FILES_YML}",
            )
        if self.file.format != "parquet":
            _ = self.schema

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the first file. FileFaultError when others, or files.yml, differ."""
        first, *others = self.paths
        names = self._names(first)
        for path in others:
            if odd := sorted(set(names) ^ set(self._names(path))):
                raise FileFaultError(
                    f"{path.name} and {first.name} do not both have the column {', '.join(odd)}",
                    f"Give both the same header, or declare them apart in {FILES_YML}",
                )
        for column in (*self.file.dates, *self.file.numbers):
            if column not in names:
                raise FileFaultError(
                    f"{first.name} has no column {column}",
                    f"Mend its header, or correct {self.file.name} in {FILES_YML}",
                )
        return pa.schema([(name, self._type(name)) for name in names])

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """What DuckDB calls for each reading of the table."""
        reader = pa.RecordBatchReader.from_batches(self.schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def count_rows(self) -> int:
        """Reads everything. Raises FileFaultError."""
        return sum(batch.num_rows for batch in self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for path in self.paths:
                yield from self._of(path)
        except FileFaultError as fault:
            self.fault = fault
            raise

    def _of(self, path: Path) -> Iterator[pa.RecordBatch]:
        names = self._names(path)
        row = self.file.header_row + 1
        for texts in _READS[self.file.format].read_rows(path, self.file, names):
            columns = [self._read(texts[one.name], one, path, row) for one in self.schema]
            row += texts.num_rows
            yield _without_blank(pa.RecordBatch.from_arrays(columns, schema=self.schema))

    def _names(self, path: Path) -> list[str]:
        """Names as SQL finds them: on one line; a column without one is called by its number."""
        header, _ = _READS[self.file.format].read_header(path, self.file)
        names = [" ".join(name.split()) for name in header]
        names = [name or f"column_{number}" for number, name in enumerate(names, start=1)]
        folded = [name.lower() for name in names]
        if repeated := sorted({name for name in names if folded.count(name.lower()) > 1}):
            raise FileFaultError(
                f"{path.name} has the column {', '.join(repeated)} twice",
                "Name its columns differently",
            )
        return names

    def _type(self, column: str) -> pa.DataType:
        if column in self.file.dates:
            return cells.DATE
        return cells.NUMBER if column in self.file.numbers else pa.string()

    def _read(self, texts: pa.Array, column: pa.Field, path: Path, first_row: int) -> pa.Array:
        order = self.file.dates.get(column.name)
        try:
            if order:
                return cells.read_dates(texts, order)
            if column.name in self.file.numbers:
                return cells.read_numbers(texts, self.file.decimal, self.file.thousands)
        except cells.UnreadableError as error:
            what = f"a date written {order}" if order else "a number written as declared"
            raise FileFaultError(
                f"column {column.name} is not {what} in row {first_row + error.row} of {path.name}",
                f"Mend the value, or correct {self.file.name} in {FILES_YML}",
            ) from None
        return texts


def _without_blank(batch: pa.RecordBatch) -> pa.RecordBatch:
    is_blank = pc.is_null(batch.column(0))
    for column in batch.columns[1:]:
        if not pc.any(is_blank).as_py():
            return batch
        is_blank = pc.and_(is_blank, pc.is_null(column))
    return batch.filter(pc.invert(is_blank)) if pc.any(is_blank).as_py() else batch
