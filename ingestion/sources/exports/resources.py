"""Runs the company's SQL over the company's files and lets in what satisfies the landing contract.

DuckDB may open files under the two given folders and nothing else: no network, no extension, no
other path. What its errors say about values is not repeated: a line of a CSV is personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.catalog import Reader, State, TableSpec
from ingestion.contracts import LandingContract
from ingestion.errors import SettingsError, SourceError
from ingestion.sources.exports.tables import TABLES

if TYPE_CHECKING:
    import duckdb


@contextmanager
def open_readers(
    folder: str, data: str, account_name: str, timezone: str
) -> Iterator[Mapping[str, Reader]]:
    """One reader per declared table; a table without its SQL file stays empty."""
    queries = _queries(_existing("EXPORTS_FOLDER", folder))
    connection = _connect(_existing("EXPORTS_DATA", data), timezone)
    try:
        yield {
            table.name: partial(
                _read, connection, table, queries.get(table.name), account_name, ZoneInfo(timezone)
            )
            for table in TABLES
        }
    finally:
        connection.close()


def _existing(variable: str, folder: str) -> Path:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise SettingsError(
            f"source exports: {variable} names {folder}, and there is no such folder; "
            "make it or correct the variable"
        )
    return path


def _queries(folder: Path) -> dict[str, Path]:
    known = {table.name for table in TABLES}
    files = {path.stem: path for path in sorted(folder.glob("*.sql"))}
    for name, path in files.items():
        if name not in known:
            raise SourceError(
                "exports",
                None,
                f"{path.name} lands in no table",
                f"Name the file for one of {', '.join(sorted(known))}, or move it away",
            )
    if not files:
        # Tables would be emptied: a disk that is not mounted looks like this.
        raise SourceError(
            "exports",
            None,
            f"there is no .sql file in {folder}",
            f"Put {', '.join(f'{name}.sql' for name in sorted(known))} or some of them there, "
            "or correct EXPORTS_FOLDER",
        )
    return files


def _connect(data: Path, timezone: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
    )
    connection.execute("set variable data = ?", [str(data)])
    connection.execute(f"set TimeZone = '{timezone}'")
    folders = [str(data).replace("'", "''")]
    connection.execute(f"set allowed_directories = ['{folders[0]}']")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _read(
    connection: duckdb.DuckDBPyConnection,
    table: TableSpec,
    query: Path | None,
    account_name: str,
    zone: ZoneInfo,
    state: State,
) -> Iterator[pa.Table]:
    if query is None:
        return
    contract = LandingContract("exports", table, query.name)
    given = _run(connection, table, query)
    yield contract.accept(given, account_name, zone)


def _run(connection: duckdb.DuckDBPyConnection, table: TableSpec, query: Path) -> pa.Table:
    import duckdb

    try:
        statements = connection.extract_statements(query.read_text(encoding="utf-8"))
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise SourceError(
                "exports",
                table.name,
                f"{query.name} holds {len(statements)} statements or is not a select",
                "Leave one select in it",
            )
        return connection.sql(statements[0].query).to_arrow_table()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            "exports",
            table.name,
            f"{query.name} cannot be read ({type(error).__name__})",
            "Make it a UTF-8 text file that this account may read",
        ) from None
    except (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
    ) as error:
        raise _unreadable_value(table, query, str(error)) from None
    except duckdb.Error as error:
        raise _failed(table, query, str(error)) from None


def _failed(table: TableSpec, query: Path, message: str) -> SourceError:
    """A column the file lacks is named; of any other failure we repeat DuckDB's first line."""
    # The last of the three: the SQL calls its result by the same name.
    missing = re.search(
        r'Referenced column "([^"]+)" not found|a column named "([^"]+)"'
        r'|Column "([^"]+)" referenced that exists in the SELECT clause',
        message,
    )
    if missing:
        return SourceError(
            "exports",
            table.name,
            f"the file has no column {missing.group(missing.lastindex or 0)} ({query.name})",
            "Mend the header of the file, or name the column in the SQL as the file does",
        )
    return SourceError(
        "exports",
        table.name,
        f"{query.name} failed: {message.splitlines()[0]}",
        "Mend the SQL or the files",
    )


def _unreadable_value(table: TableSpec, query: Path, message: str) -> SourceError:
    """Picks column, type and line out of DuckDB's message and leaves the value out."""
    found = {
        name: match.group(1)
        for name, pattern in {
            "column": r'column "?(\w+)"?',
            "type": r"(?:(?:to|type) '?|invalid )([A-Z][A-Z ]+|date|time|timestamp)\b",
            "line": r"Line: (\d+)",
        }.items()
        if (match := re.search(pattern, message))
    }
    column = f"column {found['column']}" if "column" in found else "a value"
    kind = f" as {found['type'].strip()}" if "type" in found else ""
    line = f", line {found['line']} of the file" if "line" in found else ""
    return SourceError(
        "exports",
        table.name,
        f"{column} cannot be read{kind}{line} ({query.name})",
        "Mend the file, or read the column as text and convert it in the SQL",
    )
