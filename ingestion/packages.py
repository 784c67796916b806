"""dlt packages: what was read of one account comes into the incoming schema, with its state.

A run is one package or, when it reads much, several: each is kept with the state that is true for
it, so that a killed first load of a big account goes on where it was. What belongs here: the
translation of the catalogue into dlt. What does not: reading (`reading`), showing rows (`landing`).
dlt is imported inside the run: it costs a second and a half.

Rows reach dlt as finished CSV files, which it copies into Postgres as they are: its normaliser
would write each row twice more, only to add a load id that is known before.

The working directory of dlt is scratch: every run begins with an empty one, and cursors and schema
come back from the warehouse, where dlt stored them with the data. So a killed run leaves nothing
that a later one could pick up.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ingestion.catalog import (
    EXTRA_COLUMN,
    LOAD_ID_COLUMN,
    Checkpoint,
    ColumnType,
    Gone,
    Reader,
    State,
    Unchanged,
)
from ingestion.csv_files import CsvFiles
from ingestion.drift import Watch
from ingestion.errors import IngestionError, SettingsError, SourceError, TableRefusedError
from ingestion.landing import COVERAGE_TABLE, WHOLE_RUN, Landing
from ingestion.raw import undeclared_columns
from ingestion.reading import Finished, Kept, Refused, Said, read_side_by_side
from ingestion.settings import silence_dlt

if TYPE_CHECKING:
    import dlt
    import pyarrow as pa
    from dlt.common.data_types import TDataType
    from dlt.common.schema.typing import TTableSchemaColumns
    from dlt.extract import DltSource

PACKAGE_ROWS = 200_000
PACKAGE_SECONDS = 120.0
"""A package is closed at the first piece behind either: at most so much is read twice."""


@dataclass(frozen=True)
class Progress:
    """Rows of one table read so far in this run; `is_done` once the table is read to the end."""

    source: str
    table: str
    rows: int
    seconds: float
    is_done: bool


OnProgress = Callable[[Progress], None]

_DLT_TYPES: Mapping[ColumnType, TDataType] = {
    "text": "text",
    "bigint": "bigint",
    "numeric": "decimal",
    "bool": "bool",
    "timestamptz": "timestamp",
    "json": "json",
}
_COVERAGE_COLUMNS: Mapping[str, ColumnType] = {
    "account_name": "text",
    "table_name": "text",
    "row_count": "bigint",
    "is_whole": "bool",
    "gone_keys": "text",
    "filled_columns": "text",
}


@dataclass
class _Seen:
    """What one table said in this run besides its rows; written by the thread that reads it."""

    watch: Watch
    gone: list[tuple[Any, ...]] = field(default_factory=list)
    is_unchanged: bool = False


@dataclass
class Packages:
    """One run of readers into packages; `write` brings all of them in.

    Afterwards `refused` holds the tables that broke their contract and `loads` the ids of the
    packages. `is_whole` says that readers read whole tables, so that rows which did not come left
    the source (of `snapshot` tables).
    """

    landing: Landing
    readers: Mapping[str, Reader]
    is_whole: bool
    on_progress: OnProgress
    started: float = field(default_factory=time.monotonic)
    refused: list[TableRefusedError] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _at_the_end: dict[str, State] = field(default_factory=dict)
    _is_over: bool = False

    def write(self, loader_url: str, var_dir: Path) -> None:
        """Reads everything and leaves it in the incoming schema, complete, for `apply_run`.

        Raises IngestionError with one sentence; packages completed before stay for the next run.
        """
        silence_dlt()
        _give_large_blocks_back()
        from dlt.common.exceptions import DltException

        for table in self.landing.source.tables:
            undeclared = undeclared_columns(self.landing.connection, self.landing.schema, table)
            self._seen[table.name] = _Seen(Watch(self.landing.source.name, table, undeclared))
        folder = _empty_folder(var_dir / "dlt" / self.landing.incoming)
        try:
            pipeline = _pipeline(loader_url, self.landing, folder)
            pipeline.sync_destination()
            held = _held_states(pipeline, self.landing)
            readings = {
                name: partial(self._read, name, held.get(name, {})) for name in self.readers
            }
            with closing(read_side_by_side(self.landing.source.name, readings)) as said:
                while not self._is_over:
                    with TemporaryDirectory(dir=folder, prefix="rows-") as rows:
                        package = self._package(said, held, Path(rows))
                        info = pipeline.run(package, loader_file_format="csv")
                    self.loads.extend(str(load_id) for load_id in info.loads_ids)
        except (DltException, OSError) as error:
            raise _own_error(self.landing.source.name, error) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # it holds customers' data in the clear

    def _read(self, table: str, state: State) -> Iterator[Kept]:
        """The pieces of one table that go into packages; the others are taken note of."""
        seen = self._seen[table]
        for piece in self.readers[table](state):
            if isinstance(piece, Gone):
                seen.gone.extend(piece.keys)
            elif isinstance(piece, Unchanged):
                seen.is_unchanged = True
            else:
                if not isinstance(piece, Checkpoint):
                    seen.watch.see(piece)
                yield piece

    def _package(self, said: Iterator[Said], held: Mapping[str, State], folder: Path) -> DltSource:
        import dlt

        @dlt.source(name=self.landing.source.schema, max_table_nesting=0)
        def raw() -> Any:
            return dlt.resource(
                self._pieces(said, held, folder),
                name="pieces",
                table_name=lambda table: table,
                columns=self._columns,
                write_disposition="append",
            )

        return raw()

    def _pieces(
        self, said: Iterator[Said], held: Mapping[str, State], folder: Path
    ) -> Iterator[Any]:
        """The rows of one package as a CSV file per table, and the states they make true."""
        import dlt

        states = dlt.current.source_state().setdefault(self.landing.account_name, {})
        rows, close_at = 0, time.monotonic() + PACKAGE_SECONDS
        with CsvFiles(folder, _load_id()) as files:
            for table, piece in said:
                if isinstance(piece, Checkpoint):
                    # Of a run that dies, rows of snapshots are thrown away (`Landing.go_on`): what
                    # is true for them is kept with the end of the run.
                    is_snapshot = self._seen[table].watch.table.mode == "snapshot"
                    kept = self._at_the_end if is_snapshot else states
                    kept[table] = deepcopy(dict(piece.state))
                elif isinstance(piece, Refused):
                    self.refused.append(piece.error)
                    self._at_the_end.pop(table, None)
                    states[table] = deepcopy(dict(held.get(table, {})))
                elif isinstance(piece, Finished):
                    files.add(COVERAGE_TABLE, self._coverage(table))
                    self._say(table, is_done=True)
                else:
                    rows += piece.num_rows
                    files.add(table, piece)
                    self._say(table, is_done=False)
                if rows >= PACKAGE_ROWS or time.monotonic() >= close_at:
                    break
            else:
                self._is_over = True
                states.update(self._at_the_end)
                files.add(COVERAGE_TABLE, self._coverage(WHOLE_RUN))
        for file in files.closed:
            yield dlt.mark.with_file_import(str(file.path), "csv", file.rows, hints=file.table)

    def _columns(self, table: str) -> TTableSchemaColumns:
        """What dlt creates in the incoming schema for a file of `table`."""
        kinds = (
            _COVERAGE_COLUMNS
            if table == COVERAGE_TABLE
            else {**self._seen[table].watch.table.columns, EXTRA_COLUMN: "json"}
        )
        columns: TTableSchemaColumns = {
            name: {"name": name, "data_type": _DLT_TYPES[kind], "nullable": True}
            for name, kind in kinds.items()
        }
        columns[LOAD_ID_COLUMN] = {"name": LOAD_ID_COLUMN, "data_type": "text", "nullable": False}
        return columns

    def _coverage(self, table: str) -> pa.Table:
        """The row that says that a table, or the whole run, was read to its end."""
        import pyarrow as pa

        seen = self._seen.get(table)
        row = {
            "account_name": self.landing.account_name,
            "table_name": table,
            "row_count": seen.watch.rows if seen else 0,
            "is_whole": bool(seen and self.is_whole and not seen.is_unchanged),
            "gone_keys": json.dumps(seen.gone if seen else [], default=str),
            "filled_columns": json.dumps(sorted(seen.watch.filled) if seen else []),
        }
        return pa.Table.from_pylist([row])

    def _say(self, table: str, *, is_done: bool) -> None:
        self.on_progress(
            Progress(
                self.landing.source.name,
                table,
                self._seen[table].watch.rows,
                time.monotonic() - self.started,
                is_done,
            )
        )


def _pipeline(loader_url: str, landing: Landing, folder: Path) -> dlt.Pipeline:
    import dlt

    dlt.config["load.raise_on_max_retries"] = 3
    return dlt.pipeline(
        pipeline_name=f"{landing.source.schema}_{landing.kind}",
        pipelines_dir=str(folder),
        destination=dlt.destinations.postgres(loader_url),
        dataset_name=landing.incoming,
    )


def _give_large_blocks_back() -> None:
    """Tells the C library to return freed blocks of 256 KiB and more to the system.

    Otherwise glibc raises that bound to 32 MB as it sees such blocks freed, and those of Arrow and
    DuckDB leave holes in its heap: 150 MB more at two million rows of a CSV.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if mallopt is not None:
        mallopt(-3, 256 * 1024)  # M_MMAP_THRESHOLD of malloc.h


def _load_id() -> str:
    """The id of the package that is being made; dlt tells it to resources only in its context."""
    from dlt.common.configuration.container import Container
    from dlt.common.storages.load_package import LoadPackageStateInjectableContext

    return str(Container()[LoadPackageStateInjectableContext].load_id)


def _held_states(pipeline: dlt.Pipeline, landing: Landing) -> dict[str, State]:
    """What each table of the account remembered, as the warehouse holds it."""
    sources: Mapping[str, Any] = pipeline.state.get("sources", {})
    accounts = sources.get(landing.source.schema, {})
    return deepcopy(dict(accounts.get(landing.account_name, {})))


def _empty_folder(folder: Path) -> Path:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise SettingsError(
            f"the folder {folder} cannot be written ({error.strerror}); check VAR_DIR and the disk"
        ) from None
    return folder.resolve()


def _own_error(source_name: str, error: BaseException) -> IngestionError:
    """Our own sentence inside dlt's wrapping, or one without dlt's text, which may hold values.

    Ctrl-C, wrapped as well, goes on as what it was.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, IngestionError):
            return cause
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt
        last, cause = cause, cause.__cause__ or cause.__context__
    if isinstance(last, OSError):
        return SettingsError(
            f"source {source_name}: a file under VAR_DIR cannot be written ({last.strerror}); "
            "nothing of this run is visible. Make room there, then run again"
        )
    return SourceError(
        source_name,
        None,
        f"loading into the warehouse failed ({type(last).__name__})",
        "Nothing of this run is visible; look at the warehouse's log, then run again",
    )
