"""The rows of a declared CSV file as text, in batches of a megabyte.

What belongs here: bytes to columns of text, and proof that the file is whole and in the declared
encoding. What does not: what the text means (`cells`).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from ingestion.sources.exports.declarations import FILES_YML, DeclaredFile
from ingestion.sources.exports.faults import FileFaultError

_BLOCK_BYTES = 1 * 1024 * 1024
_END = "\x1e"
"""A last record of our own behind the file's: it does not come out where a quote is left open."""
_DELIMITERS = (",", ";", "\t", "|")


def read_header(path: Path, file: DeclaredFile) -> tuple[list[str], int]:
    """The names as the file writes them, and how many lines lie before the rows."""
    encoding = "utf-8-sig" if _is_utf8(file.encoding) else file.encoding
    try:
        # More is decoded than the header; a wrong byte there is found with its line by `read_rows`.
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as lines:
            for _ in range(file.header_row - 1):
                next(lines)
            records = csv.reader(
                lines,
                delimiter=file.delimiter,
                quotechar=None if file.quote == "none" else file.quote,
                quoting=csv.QUOTE_NONE if file.quote == "none" else csv.QUOTE_MINIMAL,
            )
            names = next(records)
            skipped = file.header_row - 1 + records.line_num
    except StopIteration:
        raise FileFaultError(
            f"{path.name} has no row {file.header_row}, where its header should be",
            f"Mend the file, or correct header_row of {file.name} in {FILES_YML}",
        ) from None
    except (UnicodeError, csv.Error):
        raise _wrong_encoding(path, file, None) from None
    if any("\udc80" <= sign <= "\udcff" for name in names for sign in name):
        raise _wrong_encoding(path, file, None)
    if len(names) == 1:
        for sign in _DELIMITERS:
            if sign != file.delimiter and sign in names[0]:
                raise FileFaultError(
                    f"the header of {path.name} is one column with {sign!r} in it",
                    f"Declare that sign as delimiter of {file.name} in {FILES_YML}",
                )
    return names, skipped


def read_rows(path: Path, file: DeclaredFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Batches with the columns `names`, all text, empty text as null.

    Raises FileFaultError for a row of another width, a quote left open and bytes that are not of
    the declared encoding.
    """
    _, skipped = read_header(path, file)
    wrong: list[Any] = []

    def remember(row: Any) -> str:
        wrong.append(row)
        return "error"

    end = "\n" + file.delimiter.join([_END] * len(names)) + "\n"
    try:
        with (
            _Utf8(path, file, end) as text,
            arrow_csv.open_csv(
                text,
                # One thread: then a wrong row comes with its number, and it is no slower.
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=_BLOCK_BYTES,
                    skip_rows=skipped,
                    column_names=names,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=file.delimiter,
                    quote_char=False if file.quote == "none" else file.quote,
                    newlines_in_values=file.quote != "none",
                    invalid_row_handler=remember,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            ) as batches,
        ):
            yield from _without_end(batches, path, file)
    except pa.ArrowInvalid:  # its text repeats the row
        if not wrong:
            raise _left_open(path, file) from None
        row = wrong[0]
        raise FileFaultError(
            f"row {row.number} of {path.name} has {row.actual_columns} columns, and its header "
            f"has {row.expected_columns}",
            "Mend the row: a value with the delimiter in it needs quotes, a file still being "
            "written needs patience",
        ) from None


def _without_end(
    batches: Iterator[pa.RecordBatch], path: Path, file: DeclaredFile
) -> Iterator[pa.RecordBatch]:
    held: pa.RecordBatch | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        if held is not None:
            yield held
        held = batch
    if held is None or held.column(0)[-1].as_py() != _END:
        raise _left_open(path, file)
    yield held.slice(0, held.num_rows - 1)


class _Utf8(io.RawIOBase):
    """The file's text as UTF-8 with `end` behind it; stops where a byte is not of its encoding."""

    def __init__(self, path: Path, file: DeclaredFile, end: str) -> None:
        self._path, self._file = path, file
        self._bytes = path.open("rb")
        self._decoder = codecs.getincrementaldecoder(file.encoding)()
        self._is_utf8 = _is_utf8(file.encoding)
        self._end = end.encode()
        self._lines = 0
        self._is_proven = self._is_utf8
        self._is_over = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._is_over:
            return b""
        block = self._bytes.read(size)
        self._is_over = not block
        self._prove(block)
        try:
            text = self._decoder.decode(block, final=self._is_over)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n") + 1
            raise _wrong_encoding(self._path, self._file, line) from None
        self._lines += block.count(b"\n")
        if self._is_over:
            return text.encode() + self._end
        return block if self._is_utf8 else text.encode()

    def close(self) -> None:
        self._bytes.close()
        super().close()

    def _prove(self, block: bytes) -> None:
        """A one-byte encoding fits any bytes, UTF-8 fits next to no text of another one: what reads
        as UTF-8 is not cp1251.
        """
        if self._is_proven or block.isascii():
            return
        self._is_proven = True
        try:
            codecs.getincrementaldecoder("utf-8")().decode(block)
        except UnicodeDecodeError:
            return
        raise FileFaultError(
            f"{self._path.name} is UTF-8, and {self._file.name} is declared {self._file.encoding}",
            f"Take the encoding of {self._file.name} out of {FILES_YML}",
        )


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _wrong_encoding(path: Path, file: DeclaredFile, line: int | None) -> FileFaultError:
    where = f"line {line}" if line else "the header"
    return FileFaultError(
        f"{where} of {path.name} is not {file.encoding}",
        f"Declare the encoding of {file.name} in {FILES_YML}; exports for Excel are often cp1251",
    )


def _left_open(path: Path, file: DeclaredFile) -> FileFaultError:
    return FileFaultError(
        f"{path.name} ends inside a quote, or a record of it is longer than 1 MB",
        "Wait until the file is written, or mend it; where quotes are ordinary letters declare "
        f"`quote: none` for {file.name} in {FILES_YML}",
    )
