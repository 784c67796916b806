"""From dlt's incoming rows to the raw tables: one transaction per run, or nothing.

dlt appends a run's rows to an incoming schema in one or more packages and marks each complete in
`_dlt_loads` as its last act. Readers never look there. Once the row that says "the run is read to
its end" (`COVERAGE_TABLE`) lies in a complete package, `apply_run` moves the rows of all complete
packages into `raw_<source>`, all tables at once. Packages of a run that died earlier wait: the next
run goes on from the state dlt kept with them. Rows of a package that never got complete are
dropped. `_applied_loads` keeps one row per run and table, which is also the age of the data.

What belongs here: the movement, for any source, and columns for what nobody declared. What does
not: DDL of declared tables (`raw`), the statements that merge (`merging`), making packages
(`packages`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg import sql

from ingestion import drift
from ingestion.catalog import EXTRA_COLUMN, SourceSpec, TableSpec
from ingestion.changes import ChangeBook
from ingestion.merging import Fields, Merge
from ingestion.raw import (
    LOADS_TABLE,
    POSTGRES,
    Connection,
    columns_of,
    exists,
    undeclared_columns,
)

COVERAGE_TABLE = "loaded_tables"
"""In the incoming schema: a row for each table read to its end, and at last one for the run."""
LOADS_KEPT_DAYS = 30
"""So long `_applied_loads` tells what was done to a table, a row every quarter of an hour."""
WHOLE_RUN = "*"
"""The `table_name` of the row that says that the run was read to its end."""

Kind = Literal["incoming", "backfill", "sweep"]
"""Ordinary runs, backfills and sweeps come in through schemas of their own: each has its state, so
that none disturbs the cursor of another. Only an ordinary run makes the data younger.
"""


@dataclass(frozen=True)
class Landed:
    """What one run did to one raw table: rows read, rows that differed from what was there, rows
    removed or marked as gone.
    """

    table_name: str
    row_count: int
    changed_count: int
    removed_count: int


@dataclass(frozen=True)
class LandedRun:
    """What one run did, and what is worth a person's look (columns that appeared or vanished)."""

    load_id: str
    tables: tuple[Landed, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Coverage:
    table: TableSpec
    row_count: int
    is_whole: bool
    gone_keys: list[list[object]]
    filled: frozenset[str]
    load_id: str


@dataclass(frozen=True)
class Landing:
    """Where one account's rows come in and where they go."""

    connection: Connection
    source: SourceSpec
    schema: str
    kind: Kind
    account_name: str

    @property
    def incoming(self) -> str:
        return f"{self.schema}_{self.kind}"

    def go_on(self, applied_at: datetime) -> None:
        """Makes the incoming schema ready for a run: drops rows of packages that never got
        complete (nobody else writes here now), applies a run that only was not applied yet, and of
        a run that died keeps what the state dlt holds is true for: rows of `upsert` tables.
        """
        if not exists(self.connection, self.incoming, "_dlt_loads"):
            return
        if self._is_of_an_earlier_version():
            self.forget()
            return
        with self.connection.transaction():
            for name in (*self._incoming_tables(), COVERAGE_TABLE):
                self._delete_incoming(
                    name,
                    sql.SQL("_dlt_load_id not in (select load_id from {} where status = 0)").format(
                        sql.Identifier(self.incoming, "_dlt_loads")
                    ),
                )
        if self.apply_run(applied_at):
            return
        with self.connection.transaction():
            mine = sql.SQL("account_name = {}").format(sql.Literal(self.account_name))
            self._delete_incoming(COVERAGE_TABLE, mine)
            for table in self.source.tables:
                if table.mode == "snapshot":
                    self._delete_incoming(table.name, mine)

    def apply_run(
        self,
        applied_at: datetime,
        loads: Sequence[str] = (),
        also: Callable[[], None] = lambda: None,
    ) -> LandedRun | None:
        """Moves the rows of a run that was read to its end into the raw tables and empties the
        incoming ones; `also` runs in the same transaction. Returns None when no such run waits.

        A table that the run did not read to its end stays as it was, and its rows of the packages
        `loads` are dropped, because its state was taken back.

        Only rows that differ are changed, so a run that read nothing new leaves every row, its
        `_dlt_load_id` included, as it was.
        """
        load_id = self._finished_run()
        if load_id is None:
            return None
        with self.connection.transaction():
            self.connection.execute("set local work_mem = '256MB'")
            book = ChangeBook(
                self.connection, self.source.name, self.schema, self.account_name, applied_at
            )
            landed = []
            for coverage in self._covered():
                landed.append(self._apply_table(coverage, book))
                if self.kind == "incoming":
                    if coverage.is_whole and not coverage.row_count:
                        book.came_empty(coverage.table)
                    self._write_down(load_id, landed[-1], applied_at)
            self._empty_incoming({done.table_name for done in landed}, loads)
            also()
        return LandedRun(load_id, tuple(landed), tuple(book.notices))

    def forget(self) -> None:
        """Drops dlt's schema with its cursors and everything waiting: the next run reads from the
        start.
        """
        self.connection.execute(
            sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(self.incoming))
        )

    def _is_of_an_earlier_version(self) -> bool:
        """Whether json came in as text here, as it did before; dlt changes no column's type."""
        return any(
            columns_of(self.connection, self.incoming, table.name).get(EXTRA_COLUMN) == "text"
            for table in self.source.tables
        )

    def _finished_run(self) -> str | None:
        if not exists(self.connection, self.incoming, COVERAGE_TABLE):
            return None
        row = self.connection.execute(
            sql.SQL(
                "select max(load_id) from {coverage} as coverage "
                "inner join {loads} as loads on coverage._dlt_load_id = loads.load_id "
                "where coverage.account_name = %s and coverage.table_name = %s "
                "and loads.status = 0"
            ).format(
                coverage=sql.Identifier(self.incoming, COVERAGE_TABLE),
                loads=sql.Identifier(self.incoming, "_dlt_loads"),
            ),
            (self.account_name, WHOLE_RUN),
        ).fetchone()
        return str(row[0]) if row and row[0] is not None else None

    def _covered(self) -> Iterator[_Coverage]:
        """The tables that the waiting run read to their end, in the order of declaration."""
        rows = self.connection.execute(
            sql.SQL(
                "select table_name, row_count, is_whole, gone_keys, filled_columns, _dlt_load_id "
                "from {} where account_name = %s order by _dlt_load_id"
            ).format(sql.Identifier(self.incoming, COVERAGE_TABLE)),
            (self.account_name,),
        ).fetchall()
        # A run that was killed and went on may have read a table twice: the last reading counts.
        covered = {str(row[0]): row for row in rows}
        for table in self.source.tables:
            if table.name in covered:
                _, row_count, is_whole, gone, filled, load_id = covered[table.name]
                yield _Coverage(
                    table,
                    int(str(row_count)),
                    bool(is_whole),
                    json.loads(str(gone)),
                    frozenset(json.loads(str(filled))),
                    str(load_id),
                )

    def _fields_come(self, table: TableSpec) -> Fields:
        """The undeclared fields among the waiting rows."""
        rows = self.connection.execute(
            sql.SQL(
                # Of several kinds at once only json holds all.
                "select field.key, case when count(distinct jsonb_typeof(field.value)) = 1 "
                "then min(jsonb_typeof(field.value)) else 'object' end "
                "from {} as incoming, jsonb_each(incoming.{}) as field "
                "where account_name = %s and incoming.{} is not null "
                "and jsonb_typeof(field.value) <> 'null' group by field.key order by field.key"
            ).format(
                sql.Identifier(self.incoming, table.name),
                sql.Identifier(EXTRA_COLUMN),
                sql.Identifier(EXTRA_COLUMN),
            ),
            (self.account_name,),
        ).fetchall()
        return {
            str(name): (drift.column_name(str(name), table), drift.JSON_KINDS[str(kind)])
            for name, kind in rows
        }

    def _apply_table(self, coverage: _Coverage, book: ChangeBook) -> Landed:
        table, mine = coverage.table, (self.account_name,)
        is_waiting = exists(self.connection, self.incoming, table.name)
        fields = self._fields_come(table) if is_waiting else {}
        holds_rows = self._holds_rows(table)
        merge = Merge(
            table,
            raw=sql.Identifier(self.schema, table.name),
            incoming=sql.Identifier(self.incoming, table.name),
            undeclared=self._columns_for(table, fields, book, is_news=holds_rows),
            fields=fields,
        )
        filled = coverage.filled.union(table.full_key)
        empty = [name for name in (*table.columns, *merge.undeclared) if name not in filled]
        book.look_for_vanished(table, coverage.row_count, empty)
        changed = removed = 0
        if is_waiting:
            statement = merge.insert()
            if holds_rows:  # a first load takes half the time of one that looks for conflicts
                statement += merge.on_conflict()
            changed = self.connection.execute(statement, mine).rowcount
            if changed and not holds_rows:  # who builds from it comes before autovacuum does
                self.connection.execute(sql.SQL("analyze {}").format(merge.raw))
        if holds_rows and table.mode == "snapshot" and coverage.is_whole:
            statement = merge.delete_absent() if is_waiting else merge.delete_all()
            removed = self.connection.execute(statement, mine).rowcount
        if coverage.gone_keys:
            keys = json.dumps(coverage.gone_keys)
            given = (coverage.load_id, keys, self.account_name)
            removed += self.connection.execute(merge.mark_gone(), given).rowcount
        return Landed(table.name, coverage.row_count, changed, removed)

    def _columns_for(
        self, table: TableSpec, fields: Fields, book: ChangeBook, *, is_news: bool
    ) -> dict[str, str]:
        """The raw columns nobody declared, with those that fields need for the first time."""
        known = undeclared_columns(self.connection, self.schema, table)
        for column, kind in fields.values():
            if column in known:
                continue
            known[column] = POSTGRES[kind]
            self.connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    sql.Identifier(self.schema, table.name),
                    sql.Identifier(column),
                    sql.SQL(POSTGRES[kind]),
                )
            )
            book.appeared(table, column, kind, is_news=is_news)
        return known

    def _holds_rows(self, table: TableSpec) -> bool:
        return self.connection.execute(
            sql.SQL("select exists (select from {} where account_name = %s)").format(
                sql.Identifier(self.schema, table.name)
            ),
            (self.account_name,),
        ).fetchone() == (True,)

    def _write_down(self, load_id: str, done: Landed, applied_at: datetime) -> None:
        self.connection.execute(
            sql.SQL(
                "insert into {} (load_id, table_name, applied_at, row_count, changed_count, "
                "removed_count, account_name) values (%s, %s, %s, %s, %s, %s, %s)"
            ).format(sql.Identifier(self.schema, LOADS_TABLE)),
            (
                load_id,
                done.table_name,
                applied_at,
                done.row_count,
                done.changed_count,
                done.removed_count,
                self.account_name,
            ),
        )
        self.connection.execute(
            sql.SQL(
                "delete from {} where table_name = %s and account_name = %s "
                "and applied_at < %s - make_interval(days => %s)"
            ).format(sql.Identifier(self.schema, LOADS_TABLE)),
            (done.table_name, self.account_name, applied_at, LOADS_KEPT_DAYS),
        )

    def _empty_incoming(self, landed: set[str], loads: Sequence[str]) -> None:
        """Drops what was applied, and what this run read of a table it did not finish."""
        mine = sql.SQL("account_name = {}").format(sql.Literal(self.account_name))
        self._delete_incoming(COVERAGE_TABLE, mine)
        for name in self._incoming_tables():
            if name in landed:
                self._delete_incoming(name, mine)
            else:
                unfinished = sql.SQL("{} and _dlt_load_id = any({})").format(
                    mine, sql.Literal(list(loads))
                )
                self._delete_incoming(name, unfinished)

    def _delete_incoming(self, table_name: str, condition: sql.Composed) -> None:
        """Deletes rows; a table that is empty then is truncated, which gives its pages back."""
        if not exists(self.connection, self.incoming, table_name):
            return
        name = sql.Identifier(self.incoming, table_name)
        left = self.connection.execute(
            sql.SQL("select exists (select from {} where not ({}))").format(name, condition)
        ).fetchone()
        if left == (True,):
            self.connection.execute(sql.SQL("delete from {} where {}").format(name, condition))
        else:
            self.connection.execute(sql.SQL("truncate {}").format(name))

    def _incoming_tables(self) -> list[str]:
        return [
            table.name
            for table in self.source.tables
            if exists(self.connection, self.incoming, table.name)
        ]
