"""One run of one source: dlt brings the pages in, `landing` shows them, all or nothing.

What belongs here: the order of steps and the translation of the catalogue into dlt. What does not:
SQL (`landing`), HTTP (`http`), knowledge of a source. dlt is imported inside the run: it costs a
second and a half.

The working directory of dlt is scratch: every run begins with an empty one, and cursors and schema
come back from the warehouse, where dlt stored them with the data. So a killed run leaves nothing
that a later one could pick up.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion import landing
from ingestion.catalog import Reader, Removed, RunContext, SourceSpec, State, TableSpec
from ingestion.errors import IngestionError, SettingsError, SourceError
from ingestion.settings import Settings, silence_dlt
from ingestion.sources import SOURCES

if TYPE_CHECKING:
    import dlt
    from dlt.extract import DltSource

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Progress:
    """Rows of one table read so far in this run; `is_done` once the table is read to the end."""

    source: str
    table: str
    rows: int
    seconds: float
    is_done: bool


@dataclass(frozen=True)
class RunResult:
    """What a run read (`tables`: rows per table) and what of it was new, changed or removed
    (`changed`).
    """

    source: str
    tables: Mapping[str, int]
    changed: Mapping[str, int]
    load_id: str
    seconds: float


OnProgress = Callable[[Progress], None]


def utc_now() -> datetime:
    return datetime.now(UTC)


def find_source(name: str) -> SourceSpec:
    """The source called `name`. Raises SettingsError listing the known ones."""
    for source in SOURCES:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise SettingsError(f"there is no source {name}; known sources: {known}")


def init(settings: Settings) -> list[str]:
    """Creates every declared raw table of all sources, also of those that are off. Returns the
    schemas.
    """
    with landing.connect(settings.loader_url) as connection:
        for source in SOURCES:
            landing.ensure_tables(connection, settings.schema(source), source)
    return [settings.schema(source) for source in SOURCES]


def run_source(
    name: str,
    settings: Settings,
    *,
    full_refresh: bool = False,
    clock: Clock = utc_now,
    on_progress: OnProgress = lambda progress: None,
) -> RunResult:
    """Reads what is new at the source and lands it in one transaction.

    `full_refresh` forgets the cursors and reads everything; the tables keep their rows until the
    new ones replace them. It also accepts a table that held rows and comes empty, which otherwise
    stops the run. Raises SettingsError or SourceError with one sentence; then raw is as it was
    before.
    """
    started = time.monotonic()
    source = find_source(name)
    values = settings.of(source)
    schema = settings.schema(source)
    account_name = values[source.account_variable]
    with landing.connect(settings.loader_url) as connection:
        landing.take_turn(connection, schema, source)
        landing.ensure_tables(connection, schema, source)
        if full_refresh:
            landing.forget_incoming(connection, schema)
        landing.apply_loads(connection, schema, source, clock())
        context = RunContext(
            now=clock(),
            business_timezone=settings.business_timezone,
            held=partial(_held, connection, schema, account_name),
            monotonic=time.monotonic,
            sleep=time.sleep,
        )
        with source.open(values, context) as readers:
            if not full_refresh:
                held = partial(landing.count_rows, connection, schema, account_name)
                readers = {
                    table.name: _never_suddenly_empty(source, table, readers[table.name], held)
                    for table in source.tables
                }
            load_id = _load(settings, source, account_name, readers, started, on_progress)
        landed = landing.apply_loads(connection, schema, source, clock())[load_id]
    return RunResult(
        source=name,
        tables={done.table_name: done.row_count for done in landed},
        changed={done.table_name: done.changed_count + done.removed_count for done in landed},
        load_id=load_id,
        seconds=time.monotonic() - started,
    )


def _held(
    connection: landing.Connection,
    schema: str,
    account_name: str,
    table: str,
    columns: tuple[str, ...],
) -> list[tuple[object, ...]]:
    return landing.held_rows(connection, schema, table, columns, account_name)


def _never_suddenly_empty(
    source: SourceSpec, table: TableSpec, read: Reader, held_count: Callable[[str], int]
) -> Reader:
    """`read`, refusing to remove all a table holds because nothing came.

    A file cut to its header, a list nobody may see any more and a dictionary that answers 204 look
    like a company that erased everything, and a person can tell which it is.
    """

    def reading(state: State) -> Iterator[Any]:
        came = erased = 0
        for batch in read(state):
            if isinstance(batch, Removed):
                erased += len(batch.keys)
            else:
                came += batch.num_rows
            yield batch
        if came:
            return
        if going := held_count(table.name) if table.mode == "snapshot" else erased:
            raise SourceError(
                source.name,
                table.name,
                f"no row came, and {going} that the warehouse holds would be removed",
                "Nothing of this run was loaded; look at the source, or, if it is right, accept "
                f"that with `scripts/run python -m ingestion run {source.name} --full-refresh`",
            )

    return reading


def _load(
    settings: Settings,
    source: SourceSpec,
    account_name: str,
    readers: Mapping[str, Reader],
    started: float,
    on_progress: OnProgress,
) -> str:
    """Brings one dlt package into the incoming schema; returns its load id."""
    silence_dlt()
    from dlt.common.exceptions import DltException

    folder = _empty_folder(settings.var_dir / "dlt" / settings.schema(source))
    pipeline = _pipeline(settings, source, folder)
    data = _dlt_source(source, account_name, readers, started, on_progress)
    try:
        info = pipeline.run(data, loader_file_format="csv")
    except (DltException, OSError) as error:
        raise _own_error(source, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # it holds customers' data in the clear
    return str(info.loads_ids[-1])


def _pipeline(settings: Settings, source: SourceSpec, folder: Path) -> dlt.Pipeline:
    import dlt

    dlt.config["normalize.parquet_normalizer.add_dlt_load_id"] = True
    dlt.config["load.raise_on_max_retries"] = 3
    return dlt.pipeline(
        pipeline_name=source.schema,
        pipelines_dir=str(folder),
        destination=dlt.destinations.postgres(settings.loader_url),
        dataset_name=landing.incoming_schema(settings.schema(source)),
    )


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


def _dlt_source(
    source: SourceSpec,
    account_name: str,
    readers: Mapping[str, Reader],
    started: float,
    on_progress: OnProgress,
) -> DltSource:
    import dlt

    def resource(table: TableSpec) -> Any:
        def read() -> Iterator[Any]:
            state = dlt.current.resource_state().setdefault(account_name, {})
            batches = _understood(source, table, readers[table.name](state))
            yield from _read_table(source, table, account_name, batches, started, on_progress)

        return dlt.resource(read, name=table.name, write_disposition="append")

    @dlt.source(name=source.schema, max_table_nesting=0)
    def raw() -> Any:
        return [resource(table) for table in source.tables]

    return raw()


def _understood(source: SourceSpec, table: TableSpec, batches: Iterator[Any]) -> Iterator[Any]:
    """`batches`, with an answer of a shape nobody foresaw told as such.

    Named by the line of ours that stumbled: the error's own text may hold values.
    """
    try:
        yield from batches
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise SourceError(
            source.name,
            table.name,
            f"an answer has a shape that is not understood ({type(error).__name__} in "
            f"{Path(place.filename).name}, line {place.lineno})",
            "Nothing of this run was loaded; compare the answer with ingestion/sources/"
            f"{source.name}/README.md",
        ) from None


def _read_table(
    source: SourceSpec,
    table: TableSpec,
    account_name: str,
    batches: Iterator[Any],
    started: float,
    on_progress: OnProgress,
) -> Iterator[Any]:
    """The table's own batches, then one row saying that it was read to the end."""
    import dlt
    import pyarrow as pa

    rows = 0
    removed: list[str] = []
    for batch in batches:
        if isinstance(batch, Removed):
            removed.extend(batch.keys)
            continue
        rows += batch.num_rows
        yield batch
        on_progress(Progress(source.name, table.name, rows, time.monotonic() - started, False))
    coverage = pa.table(
        {
            "account_name": [account_name],
            "table_name": [table.name],
            "row_count": [rows],
            "removed_keys": [json.dumps(removed)],
        }
    )
    yield dlt.mark.with_table_name(coverage, landing.COVERAGE_TABLE)
    on_progress(Progress(source.name, table.name, rows, time.monotonic() - started, True))


def _own_error(source: SourceSpec, error: BaseException) -> IngestionError:
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
            f"source {source.name}: a file under VAR_DIR cannot be written ({last.strerror}); "
            "nothing of this run is visible. Make room there, then run again"
        )
    return SourceError(
        source.name,
        None,
        f"loading into the warehouse failed ({type(last).__name__})",
        "Nothing of this run is visible; look at the warehouse's log, then run again",
    )
