"""From dlt's incoming rows to the raw tables: one transaction per run, or nothing.

dlt appends a run's rows to an incoming schema in one or more packages and marks each complete in
`_dlt_loads` as its last act. Readers never look there. Once the row that says "the run is read to
its end" (`COVERAGE_TABLE`) lies in a complete package, `apply_run` moves the rows of all complete
packages into `raw_<source>`, all tables at once. Packages of a run that died earlier wait: the next
run goes on from the state dlt kept with them. Rows of a package that never got complete are
dropped. `_applied_loads` keeps one row per run and table, which is also the age of the data.

What belongs here: the movement, for any source, derived from the catalogue. What does not: DDL of
declared tables (`raw`), making packages (`packages`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg import sql

from ingestion import drift
from ingestion.catalog import (
    EXTRA_COLUMN,
    GONE_COLUMN,
    ColumnType,
    SourceSpec,
    TableSpec,
)
from ingestion.raw import (
    CHANGES_TABLE,
    LOADS_TABLE,
    POSTGRES,
    Connection,
    columns_of,
    exists,
    identifiers,
    undeclared_columns,
)

COVERAGE_TABLE = "loaded_tables"
"""In the incoming schema: a row for each table read to its end, and at last one for the run."""
LOADS_KEPT_DAYS = 30
"""So long `_applied_loads` tells what was done to a table, a row every quarter of an hour."""
WHOLE_RUN = "*"
"""The `table_name` of the row that says that the run was read to its end."""


_Fields = Mapping[str, tuple[str, ColumnType]]
"""Undeclared fields: name at the source -> column of the raw table and its type."""

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
            notices: list[str] = []
            landed = []
            for coverage in self._covered():
                fields = self._fields_come(coverage.table)
                self._add_columns(coverage, fields, applied_at, notices)
                self._note_vanished(coverage, applied_at, notices)
                landed.append(self._apply_table(coverage, fields))
                if self.kind == "incoming":
                    self._note_empty(coverage, applied_at, notices)
                    self._write_down(load_id, landed[-1], applied_at)
            self._empty_incoming({done.table_name for done in landed}, loads)
            also()
        return LandedRun(load_id, tuple(landed), tuple(notices))

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

    def _add_columns(
        self, coverage: _Coverage, fields: _Fields, noticed_at: datetime, notices: list[str]
    ) -> None:
        """Makes columns of fields that came for the first time; those of a first load are written
        down, and no news to anybody.
        """
        known = undeclared_columns(self.connection, self.schema, coverage.table)
        told = notices if self._holds_rows(coverage.table) else []
        for column, kind in fields.values():
            if column in known:
                continue
            known[column] = POSTGRES[kind]
            self.connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    sql.Identifier(self.schema, coverage.table.name),
                    sql.Identifier(column),
                    sql.SQL(POSTGRES[kind]),
                )
            )
            self._note(coverage.table, column, f"appeared as {kind}", noticed_at, told)

    def _fields_come(self, table: TableSpec) -> _Fields:
        """The undeclared fields among the waiting rows."""
        if not exists(self.connection, self.incoming, table.name):
            return {}
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

    def _note_vanished(self, coverage: _Coverage, noticed_at: datetime, notices: list[str]) -> None:
        """Tells of columns that came empty in so many rows that it cannot be chance."""
        table = coverage.table
        undeclared = undeclared_columns(self.connection, self.schema, table)
        empty = [
            column
            for column in (*table.columns, *undeclared)
            if column not in coverage.filled and column not in table.full_key
        ]
        if not empty or not coverage.row_count:
            return
        counts = self.connection.execute(
            sql.SQL("select count(*), {} from {} where account_name = %s").format(
                sql.SQL(", ").join(
                    sql.SQL("count({})").format(sql.Identifier(column)) for column in empty
                ),
                sql.Identifier(self.schema, table.name),
            ),
            (self.account_name,),
        ).fetchone()
        held, *filled = (int(str(count)) for count in counts or (0,))
        for column, count in zip(empty, filled, strict=False):
            if held and drift.is_vanished(coverage.row_count, count / held):
                self._note(table, column, "vanished", noticed_at, notices)

    def _note_empty(self, coverage: _Coverage, noticed_at: datetime, notices: list[str]) -> None:
        """Tells of a table that comes empty after it did not. Reading overlaps, so even where
        nothing is new the newest rows come again.
        """
        row = self.connection.execute(
            sql.SQL(
                "select row_count from {} where table_name = %s and account_name = %s "
                "order by applied_at desc limit 1"
            ).format(sql.Identifier(self.schema, LOADS_TABLE)),
            (coverage.table.name, self.account_name),
        ).fetchone()
        before = int(str(row[0])) if row else 0
        if before and not coverage.row_count and coverage.is_whole:
            change = f"came empty, the run before read {before} rows"
            self._note(coverage.table, "*", change, noticed_at, notices)

    def _note(
        self,
        table: TableSpec,
        column: str,
        change: str,
        noticed_at: datetime,
        notices: list[str],
    ) -> None:
        """Tells a change and writes it down, unless it is the last one known of the column."""
        changes = sql.Identifier(self.schema, CHANGES_TABLE)
        last = self.connection.execute(
            sql.SQL(
                "select change from {} where account_name = %s and table_name = %s "
                "and column_name = %s order by noticed_at desc limit 1"
            ).format(changes),
            (self.account_name, table.name, column),
        ).fetchone()
        if last == (change,):
            return
        what = change if column == "*" else f"column {column} {change}"
        notices.append(f"{self.source.name}.{table.name}: {what}")
        self.connection.execute(
            sql.SQL("insert into {} values (%s, %s, %s, %s, %s) on conflict do nothing").format(
                changes
            ),
            (self.account_name, table.name, column, change, noticed_at),
        )

    def _apply_table(self, coverage: _Coverage, fields: _Fields) -> Landed:
        table = coverage.table
        changed = removed = 0
        holds_rows = self._holds_rows(table)
        if exists(self.connection, self.incoming, table.name):
            statement = self._insert(table, fields)
            if holds_rows:  # a first load takes half the time of one that looks for conflicts
                statement += self._on_conflict(table)
            changed = self.connection.execute(statement, (self.account_name,)).rowcount
        if holds_rows and table.mode == "snapshot" and coverage.is_whole:
            removed = self._delete_absent(table)
        if coverage.gone_keys:
            removed += self._mark_gone(table, coverage)
        return Landed(table.name, coverage.row_count, changed, removed)

    def _insert(self, table: TableSpec, fields: _Fields) -> sql.Composed:
        """Of the waiting rows with one key the newest is taken."""
        names = {column: name for name, (column, _) in fields.items()}
        undeclared = {
            column: _undeclared_value(names[column], kind) if column in names else sql.SQL("null")
            for column, kind in undeclared_columns(self.connection, self.schema, table).items()
        }
        columns = [*table.columns, *undeclared]
        selected = [_landed_value(column, kind) for column, kind in table.columns.items()]
        newest: sql.Composable = sql.SQL("_dlt_load_id desc, ctid desc")
        if table.newest_by:
            by = sql.Identifier(table.newest_by)
            newest = sql.SQL("{} desc nulls last, {}").format(by, newest)
        return sql.SQL(
            """
            insert into {raw} as held ({columns}, _dlt_load_id)
            select distinct on ({key}) {selected}, _dlt_load_id
            from {incoming} as incoming
            where account_name = %s
            order by {key}, {newest}
            """
        ).format(
            raw=sql.Identifier(self.schema, table.name),
            incoming=sql.Identifier(self.incoming, table.name),
            columns=identifiers(columns),
            key=identifiers(table.full_key),
            selected=sql.SQL(", ").join([*selected, *undeclared.values()]),
            newest=newest,
        )

    def _holds_rows(self, table: TableSpec) -> bool:
        return self.connection.execute(
            sql.SQL("select exists (select from {} where account_name = %s)").format(
                sql.Identifier(self.schema, table.name)
            ),
            (self.account_name,),
        ).fetchone() == (True,)

    def _on_conflict(self, table: TableSpec) -> sql.Composed:
        """A row equal to the one held is left untouched, and so is one newer than what comes (a
        late copy).
        """
        columns = [*table.columns, *undeclared_columns(self.connection, self.schema, table)]
        key = identifiers(table.full_key)
        values = [column for column in columns if column not in table.full_key]
        if not values:
            return sql.SQL(" on conflict ({}) do nothing").format(key)
        is_newer: sql.Composable = sql.SQL("true")
        if table.newest_by:
            is_newer = sql.SQL("coalesce(excluded.{0} >= held.{0}, true)").format(
                sql.Identifier(table.newest_by)
            )
        is_back: sql.Composable = sql.SQL("false")
        resets: list[sql.Composable] = [sql.SQL("_dlt_load_id = excluded._dlt_load_id")]
        if table.mode == "upsert":
            # Rows of a dead run may be older than the sweep that missed them.
            is_back = sql.SQL("to_timestamp(excluded._dlt_load_id::float8) > held.{}").format(
                sql.Identifier(GONE_COLUMN)
            )
            resets.append(
                sql.SQL("{0} = case when not ({1}) then held.{0} end").format(
                    sql.Identifier(GONE_COLUMN), is_back
                )
            )
        updates = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in values]
        return sql.SQL(
            " on conflict ({key}) do update set {updates} "
            "where {is_newer} and ({is_back} or ({held}) is distinct from ({excluded}))"
        ).format(
            key=key,
            updates=sql.SQL(", ").join([*updates, *resets]),
            is_newer=is_newer,
            is_back=is_back,
            held=identifiers(values, "held"),
            excluded=identifiers(values, "excluded"),
        )

    def _delete_absent(self, table: TableSpec) -> int:
        statement = sql.SQL("delete from {} as held where held.account_name = {}").format(
            sql.Identifier(self.schema, table.name), sql.Literal(self.account_name)
        )
        if exists(self.connection, self.incoming, table.name):
            statement += sql.SQL(" and not exists (select from {} as incoming where {})").format(
                sql.Identifier(self.incoming, table.name),
                sql.SQL(" and ").join(
                    sql.SQL("incoming.{0} = held.{0}").format(sql.Identifier(column))
                    for column in table.full_key
                ),
            )
        return self.connection.execute(statement).rowcount

    def _mark_gone(self, table: TableSpec, coverage: _Coverage) -> int:
        return self.connection.execute(
            sql.SQL(
                "update {raw} as held set {gone} = now(), _dlt_load_id = %s "
                "from jsonb_array_elements(%s::jsonb) as erased (key) "
                "where held.account_name = %s and held.{gone} is null and {same_key}"
            ).format(
                raw=sql.Identifier(self.schema, table.name),
                gone=sql.Identifier(GONE_COLUMN),
                same_key=sql.SQL(" and ").join(
                    sql.SQL("held.{} = (erased.key ->> {})::{}").format(
                        sql.Identifier(column),
                        sql.Literal(place),
                        sql.SQL(POSTGRES[table.columns[column]]),
                    )
                    for place, column in enumerate(table.key)
                ),
            ),
            (coverage.load_id, json.dumps(coverage.gone_keys), self.account_name),
        ).rowcount

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


def _landed_value(column: str, kind: ColumnType) -> sql.Composed:
    if kind == "numeric":
        return sql.SQL("trim_scale({})").format(sql.Identifier(column))
    return sql.SQL("{}").format(sql.Identifier(column))


def _undeclared_value(name: str, postgres_type: str) -> sql.Composed:
    extra, field_name = sql.Identifier(EXTRA_COLUMN), sql.Literal(name)
    if postgres_type == POSTGRES["json"]:
        return sql.SQL("nullif({} -> {}, 'null'::jsonb)").format(extra, field_name)
    return sql.SQL("({} ->> {})::{}").format(extra, field_name, sql.SQL(postgres_type))
