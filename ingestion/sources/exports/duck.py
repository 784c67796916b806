"""A DuckDB of one reading, and its errors in our words.

DuckDB may open files below EXPORTS_DATA and nothing else: no network, no extension, no other path,
no Python variable. What its errors say about values is not repeated: a line of a CSV is personal
data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.sources.exports.declarations import FILES_YML
from ingestion.sources.exports.faults import FileFaultError

if TYPE_CHECKING:
    import duckdb


@contextmanager
def opened(data: Path, timezone: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """`getvariable('data')` is the folder; local times are of `timezone`."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "threads": 1,  # fast enough beside the rest of a run; a second one takes 40 MB
            "temp_directory": "",  # what it would put there are customers' data
        },
    )
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set variable data = ?", [str(data)])
        connection.execute(f"set TimeZone = {_quoted(timezone)}")
        connection.execute(f"set allowed_directories = [{_quoted(str(data))}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def offer_parquet(connection: duckdb.DuckDBPyConnection, name: str, paths: list[Path]) -> None:
    """Parquet carries its names and types: the SQL finds the files as a view called `name`."""
    listed = ", ".join(_quoted(str(path)) for path in paths)
    identifier = name.replace('"', '""')
    connection.execute(f'create temp view "{identifier}" as select * from read_parquet([{listed}])')


def fault_of(error: Exception, query: str) -> FileFaultError:
    """The sentence for what DuckDB said about the SQL file `query` or about what it reads."""
    message = str(error)
    if "not utf-8 encoded" in message:
        return FileFaultError(
            f"{_place(message)} is not UTF-8 ({query})",
            f"Declare it in {FILES_YML} with its encoding; exports for Excel are often cp1251",
        )
    if parquet := re.search(r"file ['\"]([^'\"]+\.parquet)['\"]", message, re.IGNORECASE):
        return FileFaultError(
            f"{Path(parquet.group(1)).name} is not a whole Parquet file ({query})",
            "Wait until it is written, or export it again",
        )
    if message.startswith(("Conversion Error", "Invalid Input Error", "Out of Range Error")):
        return _unreadable_value(message, query)
    # The last of the three: the SQL calls its result by the same name.
    missing = re.search(
        r'Referenced column "([^"]+)" not found|a column named "([^"]+)"'
        r'|Column "([^"]+)" referenced that exists in the SELECT clause',
        message,
    )
    if missing:
        return FileFaultError(
            f"the file has no column {missing.group(missing.lastindex or 0)} ({query})",
            "Mend the header of the file, or name the column in the SQL as the file does",
        )
    return FileFaultError(f"{query} failed: {message.splitlines()[0]}", "Mend the SQL or the files")


def _unreadable_value(message: str, query: str) -> FileFaultError:
    """Picks file, column, type and line out of DuckDB's message and leaves the value out."""
    column = re.search(r'column "?(\w+)"?', message)
    kind = re.search(r"(?:(?:to|type) '?|invalid )([A-Z][A-Z ]+|date|time|timestamp)\b", message)
    what = f"column {column.group(1)}" if column else "a value"
    if kind:
        what += f" cannot be read as {kind.group(1).strip()}"
    else:
        what += " cannot be read"
    return FileFaultError(
        f"{what}, {_place(message)} ({query})" if "Line: " in message else f"{what} ({query})",
        "Mend the file, or read the column as text and convert it in the SQL",
    )


def _place(message: str) -> str:
    line = re.search(r"Line: (\d+)", message)
    file = re.search(r"^ *file = (.+)$", message, re.MULTILINE)
    where = Path(file.group(1)).name if file else "the file"
    return f"line {line.group(1)} of {where}" if line else where


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
