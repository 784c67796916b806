"""One run of one source: what is new at each of its accounts is read and shown, all or nothing.

What belongs here: the order of steps and the rules that hold for every source; `backfill` and
`sweep` are built of the same steps. What does not: dlt (`packages`), SQL (`landing`, `raw`), HTTP
(`http`), knowledge of a source.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ingestion import raw
from ingestion.catalog import (
    Checkpoint,
    Gone,
    Held,
    OpenSource,
    Piece,
    Reader,
    RunContext,
    SourceSpec,
    State,
    TableSpec,
    Unchanged,
)
from ingestion.errors import IngestionError, PartlyDoneError, SettingsError, TableRefusedError
from ingestion.landing import Landed, LandedRun, Landing
from ingestion.packages import OnProgress, Packages
from ingestion.settings import Settings
from ingestion.sources import SOURCES

logger = logging.getLogger(__name__)

BELIEVED_SHARE = 0.05
"""More rows of a table missing than this share are not believed to be deletions."""
BELIEVED_ROWS = 5
"""So few are, whatever their share: dictionaries are small, and people tidy them up."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class RunResult:
    """What a run read (`tables`: rows per table), what of it was new, changed or removed
    (`changed`), and what is worth a person's look (`notices`: columns that appeared or vanished).
    Accounts are added up; `load_id` is the last one's.
    """

    source: str
    tables: Mapping[str, int]
    changed: Mapping[str, int]
    notices: tuple[str, ...]
    load_id: str
    seconds: float


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
    with raw.connect(settings.loader_url) as connection:
        for source in SOURCES:
            raw.ensure_tables(connection, settings.schema(source), source)
    return [settings.schema(source) for source in SOURCES]


def run_source(
    name: str,
    settings: Settings,
    *,
    full_refresh: bool = False,
    clock: Clock = utc_now,
    on_progress: OnProgress = lambda progress: None,
) -> RunResult:
    """Reads what is new at every account of the source and lands each in one transaction.

    `full_refresh` forgets the cursors and reads everything; the tables keep their rows until the
    new ones replace them. It also accepts a table of which much that it held does not come, which
    otherwise is refused. Raises SettingsError or SourceError with one sentence; then raw is as it
    was before.
    Raises PartlyDoneError when single tables or accounts failed and the rest was landed.
    """
    started = time.monotonic()
    source = find_source(name)
    accounts = settings.accounts(source)
    schema = settings.schema(source)
    landed: list[LandedRun] = []
    errors: list[IngestionError] = []
    with (
        raw.connect(settings.loader_url) as connection,
        raw.turn(connection, schema, source),
    ):
        raw.ensure_tables(connection, schema, source)
        for account_name in accounts:
            landing = Landing(connection, source, schema, "incoming", account_name)
            if full_refresh and account_name == accounts[0]:
                landing.forget()
            try:
                with opened_account(settings, landing, clock) as opened:
                    readers = opened.readers
                    if not full_refresh:
                        readers = _never_suddenly_gone(landing, readers)
                    done, refused = read_and_land(
                        settings, landing, readers, clock, on_progress, is_whole=True
                    )
            except IngestionError as error:
                if len(accounts) == 1:
                    raise
                errors.append(of_account(error, account_name))
            else:
                landed.append(done)
                errors.extend(refused)
    result = RunResult(
        source=name,
        tables=_summed(landed, lambda table: table.row_count),
        changed=_summed(landed, lambda table: table.changed_count + table.removed_count),
        notices=tuple(notice for run in landed for notice in run.notices),
        load_id=landed[-1].load_id if landed else "",
        seconds=time.monotonic() - started,
    )
    if errors:
        raise PartlyDoneError(errors, result)
    return result


@contextmanager
def opened_account(settings: Settings, landing: Landing, clock: Clock) -> Iterator[OpenSource]:
    """The account that rows will come from, once what a dead run left is in order."""
    landing.go_on(clock())
    with asked_account(settings, landing, clock) as opened:
        yield opened


@contextmanager
def asked_account(settings: Settings, landing: Landing, clock: Clock) -> Iterator[OpenSource]:
    """The account, to be asked; nothing is done to the warehouse."""
    tables = {table.name: table for table in landing.source.tables}

    def held(
        table: str, columns: tuple[str, ...], *, at_least: tuple[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        return raw.held_rows(
            landing.connection,
            landing.schema,
            landing.account_name,
            tables[table],
            columns,
            at_least,
        )

    values = settings.of(landing.source, landing.account_name)
    with landing.source.open(values, run_context(settings, held, clock)) as opened:
        yield opened


def run_context(settings: Settings, held: Held, clock: Clock) -> RunContext:
    """What every source is given besides its own variables."""
    return RunContext(
        now=clock(),
        business_timezone=settings.business_timezone,
        held=held,
        secrets_dir=settings.secrets_dir,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )


def read_and_land(
    settings: Settings,
    landing: Landing,
    readers: Mapping[str, Reader],
    clock: Clock,
    on_progress: OnProgress,
    *,
    is_whole: bool,
    also: Callable[[], None] = lambda: None,
) -> tuple[LandedRun, list[TableRefusedError]]:
    """Reads with `readers` and shows what came, all or nothing; `also` is done in the same
    transaction. Returns what was landed, and the tables that were not.
    """
    packages = Packages(landing, readers, is_whole, on_progress)
    packages.write(settings.loader_url, settings.var_dir)
    landed = landing.apply_run(clock(), packages.loads, also)
    if landed is None:
        raise AssertionError("a run that was written to its end is found by apply_run")
    if landing.kind != "incoming":  # an ordinary run gives them back, and finds them known later
        for notice in landed.notices:
            logger.warning(notice)
    return landed, packages.refused


def of_account(error: IngestionError, account_name: str) -> IngestionError:
    """`error`, telling which of several accounts it is about."""
    return IngestionError(f"account {account_name}: {error}")


def _never_suddenly_gone(landing: Landing, readers: Mapping[str, Reader]) -> Mapping[str, Reader]:
    """`readers`, refusing to remove or to mark as gone much of what a table holds, or all of it.

    A file cut to its header, a list nobody may see any more, a dictionary that answers 204 look
    like a company that erased it, and a person can tell which it is. What the source itself told
    to be erased is believed.
    """

    def reading(table: TableSpec, read: Reader, state: State) -> Iterator[Piece]:
        came = missing = 0
        is_unchanged = False
        for piece in read(state):
            if isinstance(piece, Gone):
                missing += 0 if piece.is_told else len(piece.keys)
            elif isinstance(piece, Unchanged):
                is_unchanged = True
            elif not isinstance(piece, Checkpoint):
                came += piece.num_rows
            yield piece
        if is_unchanged or landing.source.may_be_emptied:
            return
        if table.mode == "upsert" and not missing:
            return
        held = raw.count_rows(landing.connection, landing.schema, landing.account_name, table.name)
        if table.mode == "snapshot":
            missing = held - came
        believed = max(BELIEVED_ROWS, held * BELIEVED_SHARE)
        if missing > 0 and (not came or (missing > believed and not landing.source.may_shrink)):
            name = landing.source.name
            raise TableRefusedError(
                name,
                table.name,
                f"no row came, and {missing} that the warehouse holds would be removed"
                if not came
                else f"{missing} of the {held} rows that the warehouse holds did not come and "
                "would be removed: rather a lost right than deletions",
                "The table keeps its rows; look at the source and at what its account may read, "
                "or, if it is right, accept that with "
                f"`scripts/run python -m ingestion run {name} --full-refresh`",
            )

    return {
        table.name: partial(reading, table, readers[table.name]) for table in landing.source.tables
    }


def _summed(landed: Sequence[LandedRun], count: Callable[[Landed], int]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for run in landed:
        for table in run.tables:
            totals[table.table_name] += count(table)
    return dict(totals)
