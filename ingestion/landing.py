"""From dlt's incoming rows to the raw tables: one transaction per run, or nothing.

dlt appends a run's rows to `raw_<source>_incoming` and, last of all, marks the load complete in
`_dlt_loads`. Readers never look there. `apply_loads` then moves every complete load that was not
moved yet into `raw_<source>`, all tables at once. Rows of a run that died on the way carry a load
id that never got complete: they are dropped. `raw_<source>._applied_loads` keeps one row per load
and table, which is also the age of the data.

What belongs here: DDL and the movement, for any source, derived from the catalogue. What does not:
reading a source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from ingestion.catalog import ACCOUNT_COLUMN, LOAD_ID_COLUMN, ColumnType, SourceSpec, TableSpec
from ingestion.errors import IngestionError, SourceError

COVERAGE_TABLE = "loaded_tables"
"""In the incoming schema: which tables a load read to the end, and which keys it saw to be gone."""
COVERAGE_COLUMNS = (ACCOUNT_COLUMN, "table_name", "row_count", "removed_keys")

_POSTGRES: dict[ColumnType, str] = {
    "text": "text",
    "bigint": "bigint",
    "numeric": "numeric",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "json": "jsonb",
}

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Landed:
    """What one load did to one raw table: rows read, rows that differed from what was there, rows
    removed.
    """

    table_name: str
    row_count: int
    changed_count: int
    removed_count: int


def incoming_schema(schema: str) -> str:
    return f"{schema}_incoming"


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """A connection to the warehouse; its failures become one sentence without password or data."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        # libpq may add lines of advice; what happened stands on the first.
        reason = str(error).strip().splitlines()[0].rpartition(": ")[2]
        raise IngestionError(
            f"the warehouse cannot be reached ({reason}); check WAREHOUSE_LOADER_URL, or "
            "start it with `python -m warehouse up`"
        ) from None
    try:
        with connection:
            yield connection
    except psycopg.errors.DiskFull:
        raise IngestionError(
            "the warehouse's disk is full; nothing of this run is visible. Make room there, then "
            "run again"
        ) from None
    except psycopg.Error as error:  # its text can hold values of rows
        raise IngestionError(
            f"the warehouse refused ({type(error).__name__}); nothing of this run is visible. "
            "Look at its log, at the disk and at the rights of the role in WAREHOUSE_LOADER_URL"
        ) from None


def take_turn(connection: Connection, schema: str, source: SourceSpec) -> None:
    """Keeps other runs of the same source out until this connection closes, or its process dies."""
    taken = connection.execute(
        "select pg_try_advisory_lock(hashtextextended(%s, 0))", (f"ingestion {schema}",)
    ).fetchone()
    if taken != (True,):
        raise SourceError(
            source.name,
            None,
            "another run of this source is going on",
            "Wait until it ends, then run again",
        )


def ensure_tables(connection: Connection, schema: str, source: SourceSpec) -> None:
    """Creates the raw schema and every declared table, and adds declared columns that are missing.

    Idempotent. Raises SourceError when a table holds a column of another type than declared: such a
    change moves data, so a person decides about it.
    """
    with connection.transaction():
        # Two processes may prepare one schema at once, and "if not exists" lets them collide.
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", (schema,))
        # "if not exists" asks for the right to create even when the schema is there, so look first.
        if connection.execute("select to_regnamespace(%s)", (f'"{schema}"',)).fetchone() == (None,):
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        for table in source.tables:
            _ensure_table(connection, schema, source, table)
        connection.execute(
            sql.SQL(
                """
                create table if not exists {} (
                    load_id text not null,
                    table_name text not null,
                    applied_at timestamptz not null,
                    row_count bigint not null,
                    changed_count bigint not null,
                    removed_count bigint not null,
                    primary key (load_id, table_name)
                )
                """
            ).format(sql.Identifier(schema, "_applied_loads"))
        )


def _ensure_table(
    connection: Connection, schema: str, source: SourceSpec, table: TableSpec
) -> None:
    name = sql.Identifier(schema, table.name)
    declared = {column: _POSTGRES[kind] for column, kind in table.columns.items()}
    declared[LOAD_ID_COLUMN] = "text"
    held = {
        str(column): str(kind)
        for column, kind in connection.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = %s and table_name = %s",
            (schema, table.name),
        )
    }
    if not held:
        _create_table(connection, name, table, declared)
        return
    for column, kind in declared.items():
        if column not in held:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    name, sql.Identifier(column), sql.SQL(kind)
                )
            )
        elif held[column] != kind:
            raise SourceError(
                source.name,
                table.name,
                f"column {column} is declared {kind}, and the warehouse holds it as {held[column]}",
                "Change the column in the warehouse, or drop the table and run with --full-refresh",
            )


def _create_table(
    connection: Connection, name: sql.Identifier, table: TableSpec, declared: Mapping[str, str]
) -> None:
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column),
            sql.SQL(kind),
            sql.SQL(" not null" if column in table.required else ""),
        )
        for column, kind in declared.items()
    ]
    key = sql.SQL("primary key ({})").format(_names(table.full_key))
    body = sql.SQL(", ").join([*columns, key])
    connection.execute(sql.SQL("create table {} ({})").format(name, body))
    comment = sql.Literal(table.description)
    connection.execute(sql.SQL("comment on table {} is {}").format(name, comment))


def waiting_loads(connection: Connection, schema: str) -> list[str]:
    """Loads that dlt completed and nobody applied yet, the oldest first."""
    incoming = incoming_schema(schema)
    if not _exists(connection, incoming, "_dlt_loads") or not _exists(
        connection, incoming, COVERAGE_TABLE
    ):
        return []
    rows = connection.execute(
        sql.SQL(
            """
            select loads.load_id
            from {loads} as loads
            where
                loads.status = 0
                and exists (
                    select from {coverage} as coverage where coverage._dlt_load_id = loads.load_id
                )
                and not exists (
                    select from {applied} as applied where applied.load_id = loads.load_id
                )
            order by loads.load_id
            """
        ).format(
            loads=sql.Identifier(incoming, "_dlt_loads"),
            coverage=sql.Identifier(incoming, COVERAGE_TABLE),
            applied=sql.Identifier(schema, "_applied_loads"),
        )
    ).fetchall()
    return [str(load_id) for (load_id,) in rows]


def apply_loads(
    connection: Connection, schema: str, source: SourceSpec, applied_at: datetime
) -> dict[str, list[Landed]]:
    """Moves all waiting loads into the raw tables in one transaction and empties the incoming
    tables.

    Returns what each load did. Applying changes only rows that differ, so a run that read nothing
    new leaves every row, its `_dlt_load_id` included, as it was.
    """
    landed: dict[str, list[Landed]] = {}
    with connection.transaction():
        for load_id in waiting_loads(connection, schema):
            landed[load_id] = [
                _apply_table(connection, schema, table, load_id, coverage)
                for table, coverage in _covered(connection, schema, source, load_id)
            ]
            for done in landed[load_id]:
                connection.execute(
                    sql.SQL("insert into {} values (%s, %s, %s, %s, %s, %s)").format(
                        sql.Identifier(schema, "_applied_loads")
                    ),
                    (
                        load_id,
                        done.table_name,
                        applied_at,
                        done.row_count,
                        done.changed_count,
                        done.removed_count,
                    ),
                )
        _empty_incoming(connection, schema, source)
    return landed


def forget_incoming(connection: Connection, schema: str) -> None:
    """Drops dlt's schema with its cursors and everything waiting: the next run reads from the
    start.
    """
    connection.execute(
        sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(incoming_schema(schema)))
    )


def held_rows(
    connection: Connection, schema: str, table_name: str, columns: Sequence[str], account_name: str
) -> list[tuple[object, ...]]:
    """Some columns of the rows of one account already in raw."""
    return connection.execute(
        sql.SQL("select {} from {} where account_name = %s").format(
            _names(columns), sql.Identifier(schema, table_name)
        ),
        (account_name,),
    ).fetchall()


def count_rows(connection: Connection, schema: str, account_name: str, table_name: str) -> int:
    """How many rows of one account a raw table holds."""
    row = connection.execute(
        sql.SQL("select count(*) from {} where account_name = %s").format(
            sql.Identifier(schema, table_name)
        ),
        (account_name,),
    ).fetchone()
    return int(str(row[0])) if row else 0


def last_applied(connection: Connection, schema: str) -> datetime | None:
    """When a load of this source was last applied, or None."""
    if not _exists(connection, schema, "_applied_loads"):
        return None
    row = connection.execute(
        sql.SQL("select max(applied_at) from {}").format(sql.Identifier(schema, "_applied_loads"))
    ).fetchone()
    return row[0] if row and isinstance(row[0], datetime) else None


@dataclass(frozen=True)
class _Coverage:
    account_name: str
    row_count: int
    removed_keys: Sequence[str]


def _covered(
    connection: Connection, schema: str, source: SourceSpec, load_id: str
) -> Iterator[tuple[TableSpec, _Coverage]]:
    rows = connection.execute(
        sql.SQL(
            "select table_name, account_name, row_count, removed_keys from {} "
            "where _dlt_load_id = %s"
        ).format(sql.Identifier(incoming_schema(schema), COVERAGE_TABLE)),
        (load_id,),
    ).fetchall()
    covered = {
        str(table_name): _Coverage(str(account_name), int(str(count)), json.loads(str(removed)))
        for table_name, account_name, count, removed in rows
    }
    for table in source.tables:
        if table.name in covered:
            yield table, covered[table.name]


def _apply_table(
    connection: Connection, schema: str, table: TableSpec, load_id: str, coverage: _Coverage
) -> Landed:
    changed = removed = 0
    has_rows = _exists(connection, incoming_schema(schema), table.name)
    if has_rows:
        changed = connection.execute(_upsert(schema, table), (load_id,)).rowcount
    if table.mode == "snapshot":
        removed = connection.execute(
            _delete_absent(schema, table, has_rows),
            (coverage.account_name, load_id) if has_rows else (coverage.account_name,),
        ).rowcount
    if coverage.removed_keys:
        removed += connection.execute(
            sql.SQL("delete from {} where account_name = %s and {} = any(%s)").format(
                sql.Identifier(schema, table.name), sql.Identifier(table.key[0])
            ),
            (coverage.account_name, list(coverage.removed_keys)),
        ).rowcount
    return Landed(table.name, coverage.row_count, changed, removed)


def _upsert(schema: str, table: TableSpec) -> sql.Composed:
    """Newest row of a key wins within the load; a row equal to the one held is left untouched."""
    values = [column for column in table.columns if column not in table.full_key]
    newest = (
        sql.SQL(", {} desc nulls last").format(sql.Identifier(table.newest_by))
        if table.newest_by
        else sql.SQL("")
    )
    selected = [_landed_value(column, kind) for column, kind in table.columns.items()]
    statement = sql.SQL(
        """
        insert into {raw} as held ({columns}, _dlt_load_id)
        select distinct on ({key}) {selected}, _dlt_load_id
        from {incoming} as incoming
        where _dlt_load_id = %s
        order by {key}{newest}
        on conflict ({key})
        """
    ).format(
        raw=sql.Identifier(schema, table.name),
        incoming=sql.Identifier(incoming_schema(schema), table.name),
        columns=_names(table.columns),
        key=_names(table.full_key),
        selected=sql.SQL(", ").join(selected),
        newest=newest,
    )
    if not values:
        return statement + sql.SQL("do nothing")
    return statement + sql.SQL(
        "do update set {updates}, _dlt_load_id = excluded._dlt_load_id "
        "where ({held}) is distinct from ({excluded})"
    ).format(
        updates=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in values
        ),
        held=_names(values, "held"),
        excluded=_names(values, "excluded"),
    )


def _landed_value(column: str, kind: ColumnType) -> sql.Composed:
    if kind == "json":
        return sql.SQL("{}::jsonb").format(sql.Identifier(column))
    if kind == "numeric":
        return sql.SQL("trim_scale({})").format(sql.Identifier(column))
    return sql.SQL("{}").format(sql.Identifier(column))


def _delete_absent(schema: str, table: TableSpec, has_rows: bool) -> sql.Composed:
    statement = sql.SQL("delete from {} as held where held.account_name = %s").format(
        sql.Identifier(schema, table.name)
    )
    if not has_rows:
        return statement
    return statement + sql.SQL(
        " and not exists (select from {} as incoming where incoming._dlt_load_id = %s and {})"
    ).format(
        sql.Identifier(incoming_schema(schema), table.name),
        sql.SQL(" and ").join(
            sql.SQL("incoming.{0} = held.{0}").format(sql.Identifier(column))
            for column in table.full_key
        ),
    )


def _empty_incoming(connection: Connection, schema: str, source: SourceSpec) -> None:
    """Every complete load is applied by now; what else lies here belongs to runs that died."""
    incoming = incoming_schema(schema)
    for name in (*(table.name for table in source.tables), COVERAGE_TABLE):
        if _exists(connection, incoming, name):
            connection.execute(sql.SQL("truncate {}").format(sql.Identifier(incoming, name)))


def _exists(connection: Connection, schema: str, name: str) -> bool:
    found = connection.execute("select to_regclass(%s)", (f'"{schema}"."{name}"',)).fetchone()
    return found != (None,)


def _names(columns: Sequence[str] | Mapping[str, object], of: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(of, column) if of else sql.Identifier(column) for column in columns
    )
