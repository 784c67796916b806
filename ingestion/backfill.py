"""Reading a window of dates again, on demand: rows that were lost, or a history that was cut.

The window is read in pieces of a week. Each is landed by itself and written down in `_backfills` in
the same transaction, so that the same command goes on where it was stopped; ordinary runs take
their turns in between, and their cursors are not touched. What belongs here: pieces, progress, the
estimate. What does not: how a source reads a window (its `windows`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from psycopg import sql

from ingestion import raw
from ingestion.catalog import Piece, Reader, SourceSpec, State, WindowReader
from ingestion.errors import IngestionError, PartlyDoneError, SettingsError
from ingestion.landing import Landing
from ingestion.pipeline import (
    Clock,
    find_source,
    of_account,
    opened_account,
    read_and_land,
    utc_now,
)
from ingestion.settings import Settings, zone

PIECE = timedelta(days=7)


@dataclass(frozen=True)
class PieceDone:
    """One piece of an account's window was landed: `rows` of it were new, changed or removed;
    `done` of `total` pieces are; `seconds_left` is an estimate by the pieces of this process.
    """

    account_name: str
    starts_at: datetime
    ends_at: datetime
    rows: int
    done: int
    total: int
    seconds_left: float


OnPiece = Callable[[PieceDone], None]


def backfill(
    name: str,
    settings: Settings,
    first_day: date,
    last_day: date,
    *,
    tables: Sequence[str] = (),
    clock: Clock = utc_now,
    on_piece: OnPiece = lambda piece: None,
) -> int:
    """Reads rows dated `first_day` to `last_day` (both included, in the business time zone) of
    `tables`, or of all that can be read by date. Returns how many were new, changed or removed.

    Raises SettingsError for days or tables that cannot be, SourceError when reading fails: what
    was landed stays, and the same call goes on from there.
    """
    source = find_source(name)
    starts_at, ends_at = _window(settings, first_day, last_day)
    changed = 0
    errors: list[IngestionError] = []
    accounts = settings.accounts(source)
    for account_name in accounts:
        try:
            changed += _Backfill(
                settings, source, account_name, tuple(tables), clock, on_piece
            ).run(starts_at, ends_at)
        except IngestionError as error:
            if len(accounts) == 1:
                raise
            errors.append(of_account(error, account_name))
    if errors:
        raise PartlyDoneError(errors, changed)
    return changed


def _window(settings: Settings, first_day: date, last_day: date) -> tuple[datetime, datetime]:
    if last_day < first_day:
        raise SettingsError(f"the last day, {last_day}, lies before the first, {first_day}")
    here = zone("BUSINESS_TIMEZONE", settings.business_timezone)
    midnight = datetime.min.time()
    return (
        datetime.combine(first_day, midnight, here),
        datetime.combine(last_day + timedelta(days=1), midnight, here),
    )


@dataclass(frozen=True)
class _Backfill:
    settings: Settings
    source: SourceSpec
    account_name: str
    tables: tuple[str, ...]
    clock: Clock
    on_piece: OnPiece

    def run(self, starts_at: datetime, ends_at: datetime) -> int:
        changed = done_here = 0
        began = time.monotonic()
        total = -(-(ends_at - starts_at) // PIECE)
        with raw.connect(self.settings.loader_url) as connection:
            schema = self.settings.schema(self.source)
            landing = Landing(connection, self.source, schema, "backfill", self.account_name)
            while True:
                with raw.turn(connection, schema, self.source):
                    raw.ensure_tables(connection, schema, self.source)
                    place = _Place(landing, starts_at, ends_at, ",".join(sorted(self.tables)))
                    start = place.reached()
                    if start >= ends_at:
                        place.forget()
                        return changed
                    end = min(start + PIECE, ends_at)
                    rows = self._piece(landing, start, end, partial(place.reach, end))
                changed += rows
                done_here += 1
                done = -(-(end - starts_at) // PIECE)
                left = (time.monotonic() - began) / done_here * (total - done)
                self.on_piece(PieceDone(self.account_name, start, end, rows, done, total, left))

    def _piece(
        self, landing: Landing, start: datetime, end: datetime, also: Callable[[], None]
    ) -> int:
        with opened_account(self.settings, landing, self.clock) as opened:
            readers = {
                table: _reader(window, start, end)
                for table, window in self._chosen(opened.windows).items()
            }
            landed, refused = read_and_land(
                self.settings,
                landing,
                readers,
                self.clock,
                lambda progress: None,
                is_whole=False,
                also=also,
            )
        if refused:
            raise PartlyDoneError(refused, landed)
        return sum(table.changed_count + table.removed_count for table in landed.tables)

    def _chosen(self, windows: Mapping[str, WindowReader]) -> Mapping[str, WindowReader]:
        if not windows:
            raise SettingsError(
                f"source {self.source.name} cannot be read by date: every run reads it whole"
            )
        if unknown := sorted(set(self.tables) - windows.keys()):
            raise SettingsError(
                f"source {self.source.name} has no table {unknown[0]} that can be read by date; "
                f"choose of {', '.join(windows)}"
            )
        return {name: windows[name] for name in self.tables or windows}


def _reader(window: WindowReader, start: datetime, end: datetime) -> Reader:
    def read(state: State) -> Iterator[Piece]:
        yield from window(start, end)

    return read


@dataclass(frozen=True)
class _Place:
    """How far one backfill has come, in the warehouse."""

    landing: Landing
    starts_at: datetime
    ends_at: datetime
    table_names: str

    def reached(self) -> datetime:
        row = self._execute(
            "select done_until from {} where account_name = %s and starts_at = %s "
            "and ends_at = %s and table_names = %s"
        ).fetchone()
        return row[0].astimezone(self.starts_at.tzinfo) if row else self.starts_at

    def reach(self, done_until: datetime) -> None:
        self._execute(
            "insert into {} (account_name, starts_at, ends_at, table_names, done_until) "
            "values (%s, %s, %s, %s, %s) "
            "on conflict (account_name, starts_at, ends_at, table_names) "
            "do update set done_until = excluded.done_until",
            done_until,
        )

    def forget(self) -> None:
        self._execute(
            "delete from {} where account_name = %s and starts_at = %s and ends_at = %s "
            "and table_names = %s"
        )

    def _execute(self, statement: str, *more: object) -> Any:
        return self.landing.connection.execute(
            sql.SQL(statement).format(sql.Identifier(self.landing.schema, raw.BACKFILLS_TABLE)),
            (
                self.landing.account_name,
                self.starts_at,
                self.ends_at,
                self.table_names,
                *more,
            ),
        )
