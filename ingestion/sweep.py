"""Looking for rows that a source erased without a word: a nightly walk over held keys.

Every night a bounded number of held rows of each table is asked for at the source, going on where
the night before ended; those it does not have are marked in `_gone_at`, those it has otherwise are
mended. A lost right looks like a mass deletion: when more than 5 % of the keys asked for are
missing, the table's sweep is refused and nothing is marked. What belongs here: the walk, the bound
and that rule. What does not: how a source is asked (its `sweeps`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion import raw
from ingestion.catalog import Checkpoint, Gone, OpenSource, Piece, State, Sweep, TableSpec
from ingestion.errors import IngestionError, PartlyDoneError, TableRefusedError
from ingestion.landing import Landing
from ingestion.packages import OnProgress
from ingestion.pipeline import (
    BELIEVED_SHARE,
    Clock,
    asked_account,
    find_source,
    of_account,
    read_and_land,
    utc_now,
)
from ingestion.settings import Settings


@dataclass(frozen=True)
class Swept:
    """What one night's sweep did to one table of one account."""

    account_name: str
    table: str
    asked: int
    gone: int
    mended: int


def sweep(
    name: str,
    settings: Settings,
    *,
    accept_drop: bool = False,
    clock: Clock = utc_now,
    on_progress: OnProgress = lambda progress: None,
) -> list[Swept]:
    """Asks every account for the next `settings.sweep_rows` held rows of each table that has a
    sweep. `accept_drop` believes any number of missing keys.

    Raises SourceError when the source cannot be asked, PartlyDoneError when single tables were
    refused or single accounts failed; then the others are done.
    """
    source = find_source(name)
    schema = settings.schema(source)
    accounts = settings.accounts(source)
    done: list[Swept] = []
    errors: list[IngestionError] = []
    with raw.connect(settings.loader_url) as connection:
        for account_name in accounts:
            landing = Landing(connection, source, schema, "sweep", account_name)
            try:
                with asked_account(settings, landing, clock) as opened:
                    for table in (one for one in source.tables if one.name in opened.sweeps):
                        # A turn a table: a refresh waits for one of them, not for the whole night.
                        with raw.turn(connection, schema, source):
                            raw.ensure_tables(connection, schema, source)
                            landing.go_on(clock())
                            swept, refused = _sweep_table(
                                settings, landing, table, opened, accept_drop, clock, on_progress
                            )
                        done.extend(swept)
                        errors.extend(refused)
            except IngestionError as error:
                if len(accounts) == 1:
                    raise
                errors.append(of_account(error, account_name))
    if errors:
        raise PartlyDoneError(errors, done)
    return done


def _sweep_table(
    settings: Settings,
    landing: Landing,
    table: TableSpec,
    opened: OpenSource,
    accept_drop: bool,
    clock: Clock,
    on_progress: OnProgress,
) -> tuple[list[Swept], list[TableRefusedError]]:
    """What became of one table, and whether it was refused."""
    asked: dict[str, int] = {}
    walk = _Walk(landing, table, opened.sweeps[table.name], settings.sweep_rows, accept_drop, asked)
    landed, refused = read_and_land(
        settings, landing, {table.name: walk.read}, clock, on_progress, is_whole=False
    )
    swept = [
        Swept(
            landing.account_name,
            done.table_name,
            asked[done.table_name],
            done.removed_count,
            done.changed_count,
        )
        for done in landed.tables
    ]
    return swept, refused


@dataclass(frozen=True)
class _Walk:
    """One table's walk; counts what was asked for into `asked`."""

    landing: Landing
    table: TableSpec
    sweep: Sweep
    bound: int
    accept_drop: bool
    asked: dict[str, int]

    def read(self, state: State) -> Iterator[Piece]:
        """A reader: from the position in `state`, at most `bound` rows on; {} is the beginning."""
        position: list[Any] | None = state.get("position")
        asked = missing = 0
        order = self._order()
        while asked < self.bound:
            limit = min(self.sweep.page, self.bound - asked)
            rows = raw.rows_after(
                self.landing.connection,
                self.landing.schema,
                self.landing.account_name,
                self.table,
                self.sweep.columns,
                order,
                position,
                limit,
            )
            if rows:
                before = position[:1] if position else [None]
                position = [_as_json(value) for value in rows[-1][-len(order) :]]
                page = [row[: -len(order)] for row in rows]
                for piece in self.sweep.look(page, *(before if self.sweep.by_span else ())):
                    missing += len(piece.keys) if isinstance(piece, Gone) else 0
                    yield piece
            asked += len(rows)
            if len(rows) < limit:
                position = None
                break
        self.asked[self.table.name] = asked
        self._refuse_a_drop(asked, missing)
        yield Checkpoint({"position": position} if position else {})

    def _order(self) -> list[str]:
        walked = self.sweep.walk_by
        return [walked, *(column for column in self.table.key if column != walked)]

    def _refuse_a_drop(self, asked: int, missing: int) -> None:
        # A single missing row is no sign of a lost right, whatever its share.
        if self.accept_drop or missing <= max(1, asked * BELIEVED_SHARE):
            return
        name = self.landing.source.name
        raise TableRefusedError(
            name,
            self.table.name,
            f"{missing} of {asked} keys asked for are missing at the source, more than "
            f"{BELIEVED_SHARE:.0%}: rather a lost right than deletions, so nothing is marked",
            f"See what the account may read with `python -m ingestion check {name}`; if they were "
            f"deleted, accept that with `python -m ingestion sweep {name} --accept-drop`",
        )


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
