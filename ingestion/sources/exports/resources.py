"""Runs the company's SQL over the company's files and lets in what satisfies the landing contract.

What belongs here: the order of steps for one table of one set of files. What does not: DuckDB's
words (`duck`), what a query asks for (`queries`), how a format is read (`csv_file`, `xlsx_file`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingestion.catalog import Checkpoint, OpenSource, Piece, Probe, State, TableSpec, Unchanged
from ingestion.contracts import KEY_HASH_COLUMN, Gate, LandingContract
from ingestion.errors import SettingsError, SourceError, TableRefusedError
from ingestion.sources.exports import duck
from ingestion.sources.exports.declarations import DeclaredFile, read_declarations
from ingestion.sources.exports.declared import DeclaredTable
from ingestion.sources.exports.faults import FileFaultError
from ingestion.sources.exports.queries import Query, parsed
from ingestion.sources.exports.tables import ALLOWED_VALUES, TABLES
from ingestion.sources.exports.versions import Version, version_of

if TYPE_CHECKING:
    import duckdb

ROWS_PER_BATCH = 20_000
_READING = 1
"""To be raised when the same files come to mean other rows, so that they are read again."""
_TABLES = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class ExportSet:
    """One set of files (an account): `queries` are its SQL files by table, `declared` the entries
    of its files.yml by name. Local times are of `timezone`.
    """

    data: Path
    account_name: str
    timezone: str
    now: datetime
    queries: Mapping[str, Path]
    declared: Mapping[str, DeclaredFile]

    def open(self) -> OpenSource:
        """A table without its SQL file stays empty."""
        return OpenSource(
            readers={table.name: partial(self._read, table) for table in TABLES},
            probes=(
                *(Probe(f"file {name}", partial(self._try_file, name)) for name in self.declared),
                *(
                    Probe(path.name, partial(self._try_query, _TABLES[name]))
                    for name, path in self.queries.items()
                ),
            ),
        )

    def _read(self, table: TableSpec, state: State) -> Iterator[Piece]:
        if table.name not in self.queries:
            return
        with self._export(table) as export:
            versions = export.versions()
            fingerprint = export.fingerprint(versions)
            if state.get("fingerprint") == fingerprint:
                yield Unchanged()
                return
            gate = Gate(export.contract, self.account_name, ZoneInfo(self.timezone))
            key = ", ".join(f'"{column}"' for column in table.key)
            rows = export.relation().project(f'*, hash({key}) as "{KEY_HASH_COLUMN}"')
            for batch in rows.to_arrow_reader(ROWS_PER_BATCH):
                yield gate.let_in(batch)
            for version in versions:
                version.check()
        gate.close()  # here, where DuckDB's memory is free again
        yield Checkpoint({"fingerprint": fingerprint})

    def _try_query(self, table: TableSpec) -> str:
        with self._export(table) as export:
            files = len(export.versions())
            given = len(export.relation().columns)
        return f"{_counted(files, 'file')}, {given} of {len(export.contract.columns)} columns given"

    def _try_file(self, name: str) -> str:
        """Reads all of it: only then it is known to be whole and as declared."""
        file = self.declared[name]
        table = DeclaredTable(file, file.paths(self.data))
        try:
            table.check()
            if file.format == "parquet":
                return f"{_counted(len(table.paths), 'file')}, parquet"
            form = f"csv, {file.encoding}" if file.format == "csv" else file.format
            return (
                f"{_counted(len(table.paths), 'file')}, {_counted(table.count_rows(), 'row')}, "
                f"{_counted(len(table.schema), 'column')}, {form}"
            )
        except FileFaultError as fault:
            raise SourceError("exports", None, fault.what, fault.what_to_do) from None

    @contextmanager
    def _export(self, table: TableSpec) -> Iterator[_Export]:
        """The SQL of `table`, ready to run; a fault of it or of a file ends as a sentence."""
        import duckdb

        path = self.queries[table.name]
        contract = LandingContract("exports", table, path.name, ALLOWED_VALUES.get(table.name, {}))
        offered: list[DeclaredTable] = []
        try:
            with duck.opened(self.data, self.timezone) as connection:
                query = parsed(connection, _sql(path), path.name)
                yield _Export(self, connection, query, contract, offered)
        except FileFaultError as fault:
            raise _refused(table, fault) from None
        except (duckdb.Error, OSError) as error:
            # What DuckDB says behind the first rows comes through Arrow: an OSError of its words.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            told = [one.fault for one in offered if one.fault]
            raise _refused(table, told[0] if told else duck.fault_of(error, path.name)) from None


@dataclass(frozen=True)
class _Export:
    """One SQL file with a DuckDB of its own; `offered` are the declared files the SQL can read."""

    files: ExportSet
    connection: duckdb.DuckDBPyConnection
    query: Query
    contract: LandingContract
    offered: list[DeclaredTable] = field(default_factory=list)

    def versions(self) -> list[Version]:
        """Every file that is read, as it is now."""
        paths = self.query.files(self.connection, self.files.declared, self.files.data)
        return [version_of(path, self.files.now) for path in paths]

    def fingerprint(self, versions: list[Version]) -> str:
        """Equal where the rows are: the same SQL over the same files, read the same way."""
        made_of = {
            "reading": _READING,
            "sql": self.query.sql,
            "declared": [repr(file) for file in self._declared()],
            "files": [(str(version.path), version.digest) for version in versions],
            "contract": repr(self.contract),
            "timezone": self.files.timezone,
            "now": self.files.now.isoformat() if self.query.depends_on_the_hour else None,
        }
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()

    def relation(self) -> duckdb.DuckDBPyRelation:
        """The rows the SQL will give, with names that were checked; nothing is read yet."""
        for file in self._declared():
            table = DeclaredTable(file, file.paths(self.files.data))
            table.check()
            if file.format == "parquet":
                duck.offer_parquet(self.connection, file.name, table.paths)
            else:
                self.offered.append(table)
                self.connection.register(file.name, table)
        self.query.refuse_guessed_dates(self.connection)
        relation = self.connection.sql(self.query.sql)
        self.contract.check_names(relation.columns)
        return relation

    def _declared(self) -> list[DeclaredFile]:
        named = {name.lower() for name in self.query.tables}
        return [file for name, file in self.files.declared.items() if name.lower() in named]


@contextmanager
def open_exports(
    folder: str, data: str, account_name: str, timezone: str, now: datetime
) -> Iterator[OpenSource]:
    """Raises SettingsError for a folder that is not there, SourceError for what lies in it."""
    sql_folder, data_folder = _existing("EXPORTS_FOLDER", folder), _existing("EXPORTS_DATA", data)
    queries, declared = _queries(sql_folder), read_declarations(sql_folder)
    yield ExportSet(data_folder, account_name, timezone, now, queries, declared).open()


def _existing(variable: str, folder: str) -> Path:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise SettingsError(
            f"source exports: {variable} names {folder}, and there is no such folder; "
            "make it or correct the variable"
        )
    return path


def _queries(folder: Path) -> dict[str, Path]:
    known = ", ".join(sorted(_TABLES))
    files = {path.stem: path for path in sorted(folder.glob("*.sql"))}
    for name, path in files.items():
        if name not in _TABLES:
            raise SourceError(
                "exports",
                None,
                f"{path.name} lands in no table",
                f"Name the file for one of {known}, or move it away",
            )
    if not files:
        # Tables would be emptied: a disk that is not mounted looks like this.
        raise SourceError(
            "exports",
            None,
            f"there is no .sql file in {folder}",
            f"Put a <table>.sql there for one or more of {known}, or correct EXPORTS_FOLDER",
        )
    return files


def _sql(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileFaultError(
            f"{path.name} cannot be read ({type(error).__name__})",
            "Make it a UTF-8 text file that this account may read",
        ) from None


def _refused(table: TableSpec, fault: FileFaultError) -> TableRefusedError:
    return TableRefusedError("exports", table.name, fault.what, fault.what_to_do)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
