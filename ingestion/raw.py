"""The raw tables themselves: the connection, whose turn it is, their columns, what they hold.

What belongs here: DDL and reads of `raw_<source>`, derived from the catalogue, for any source. What
does not: moving rows into them (`landing`), reading a source.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg
from psycopg import sql

from ingestion.catalog import GONE_COLUMN, LOAD_ID_COLUMN, ColumnType, SourceSpec, TableSpec
from ingestion.errors import IngestionError, SourceError

POSTGRES: dict[ColumnType, str] = {
    "text": "text",
    "bigint": "bigint",
    "numeric": "numeric",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "json": "jsonb",
}
TURN_SECONDS = 300.0
"""How long a run waits for another of the same source to end: a piece of a backfill, a table of a
sweep.
"""

LOADS_TABLE = "_applied_loads"
CHANGES_TABLE = "_schema_changes"
BACKFILLS_TABLE = "_backfills"
_BOOKS: dict[str, tuple[dict[str, str], str]] = {
    LOADS_TABLE: (
        {
            "load_id": "text not null",
            "table_name": "text not null",
            "applied_at": "timestamptz not null",
            "row_count": "bigint not null",
            "changed_count": "bigint not null",
            "removed_count": "bigint not null",
            "account_name": "text",
        },
        "primary key (load_id, table_name)",
    ),
    CHANGES_TABLE: (
        {
            "account_name": "text not null",
            "table_name": "text not null",
            "column_name": "text not null",
            "change": "text not null",
            "noticed_at": "timestamptz not null",
        },
        "primary key (account_name, table_name, column_name, change, noticed_at)",
    ),
    BACKFILLS_TABLE: (
        {
            "account_name": "text not null",
            "starts_at": "timestamptz not null",
            "ends_at": "timestamptz not null",
            "table_names": "text not null",
            "done_until": "timestamptz not null",
        },
        "primary key (account_name, starts_at, ends_at, table_names)",
    ),
}
"""What ingestion writes down of its own work in every raw schema: columns and key of each table."""

logger = logging.getLogger(__name__)

Connection = psycopg.Connection[tuple[object, ...]]


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


@contextmanager
def turn(
    connection: Connection, schema: str, source: SourceSpec, patience_seconds: float = TURN_SECONDS
) -> Iterator[None]:
    """Keeps other runs of the same source out; a process that dies gives its turn back.

    Raises SourceError when another run has not ended within `patience_seconds`.
    """
    lock = (f"ingestion {schema}",)
    give_up_at = time.monotonic() + patience_seconds
    is_told = False
    while connection.execute(
        "select pg_try_advisory_lock(hashtextextended(%s, 0))", lock
    ).fetchone() != (True,):
        if time.monotonic() >= give_up_at:
            raise SourceError(
                source.name,
                None,
                "another run of this source is going on",
                "Wait until it ends, then run again",
            )
        if not is_told:
            logger.info("%s: another run of this source is going on, waiting for it", source.name)
            is_told = True
        time.sleep(0.5)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", lock)


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
        for name, (columns, key) in _BOOKS.items():
            _ensure_book(connection, sql.Identifier(schema, name), columns, key)


def _ensure_table(
    connection: Connection, schema: str, source: SourceSpec, table: TableSpec
) -> None:
    name = sql.Identifier(schema, table.name)
    declared = {column: POSTGRES[kind] for column, kind in table.columns.items()}
    declared[LOAD_ID_COLUMN] = "text"
    if table.mode == "upsert":
        declared[GONE_COLUMN] = POSTGRES["timestamptz"]
    held = columns_of(connection, schema, table.name)
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
    key = sql.SQL("primary key ({})").format(identifiers(table.full_key))
    body = sql.SQL(", ").join([*columns, key])
    connection.execute(sql.SQL("create table {} ({})").format(name, body))
    comment = sql.Literal(table.description)
    connection.execute(sql.SQL("comment on table {} is {}").format(name, comment))


def _ensure_book(
    connection: Connection, name: sql.Identifier, columns: Mapping[str, str], key: str
) -> None:
    body = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(
        sql.SQL("create table if not exists {} ({}, {})").format(
            name,
            sql.SQL(body),
            sql.SQL(key),
        )
    )
    for column, kind in columns.items():
        if "not null" not in kind:
            connection.execute(
                sql.SQL("alter table {} add column if not exists {} {}").format(
                    name,
                    sql.Identifier(column),
                    sql.SQL(kind),
                )
            )


def columns_of(connection: Connection, schema: str, table_name: str) -> dict[str, str]:
    """Name and Postgres type of every column, in order; empty when there is no such table."""
    rows = connection.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = %s and table_name = %s order by ordinal_position",
        (schema, table_name),
    ).fetchall()
    return {str(column): str(kind) for column, kind in rows}


def undeclared_columns(connection: Connection, schema: str, table: TableSpec) -> dict[str, str]:
    """Columns that appeared by themselves, with their Postgres types."""
    internal = {LOAD_ID_COLUMN, GONE_COLUMN}
    return {
        column: kind
        for column, kind in columns_of(connection, schema, table.name).items()
        if column not in table.columns and column not in internal
    }


def held_rows(
    connection: Connection,
    schema: str,
    account_name: str,
    table: TableSpec,
    columns: Sequence[str],
    at_least: tuple[str, object] | None = None,
) -> list[tuple[object, ...]]:
    """Some columns of the rows of one account already in raw that are not gone."""
    conditions: list[sql.Composable] = [sql.SQL("account_name = %s")]
    values: list[object] = [account_name]
    if table.mode == "upsert":
        conditions.append(sql.SQL("{} is null").format(sql.Identifier(GONE_COLUMN)))
    if at_least:
        conditions.append(sql.SQL("{} >= %s").format(sql.Identifier(at_least[0])))
        values.append(at_least[1])
    return connection.execute(
        sql.SQL("select {} from {} where {}").format(
            identifiers(columns),
            sql.Identifier(schema, table.name),
            sql.SQL(" and ").join(conditions),
        ),
        values,
    ).fetchall()


def rows_after(
    connection: Connection,
    schema: str,
    account_name: str,
    table: TableSpec,
    columns: Sequence[str],
    order: Sequence[str],
    position: Sequence[object] | None,
    limit: int,
) -> list[tuple[object, ...]]:
    """The next `limit` rows that are not gone behind `position`, in the order of columns `order`.

    The values of `order` come behind `columns` in every row.
    """
    beyond: sql.Composable = sql.SQL("")
    if position is not None:
        beyond = sql.SQL("and ({}) > ({})").format(
            identifiers(order), sql.SQL(", ").join([sql.SQL("%s")] * len(position))
        )
    return connection.execute(
        sql.SQL(
            "select {columns}, {order} from {table} "
            "where account_name = %s and {gone} is null {beyond} order by {order} limit %s"
        ).format(
            columns=identifiers(columns),
            order=identifiers(order),
            table=sql.Identifier(schema, table.name),
            gone=sql.Identifier(GONE_COLUMN),
            beyond=beyond,
        ),
        (account_name, *(position or ()), limit),
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
    if not exists(connection, schema, LOADS_TABLE):
        return None
    row = connection.execute(
        sql.SQL("select max(applied_at) from {}").format(sql.Identifier(schema, LOADS_TABLE))
    ).fetchone()
    return row[0] if row and isinstance(row[0], datetime) else None


def exists(connection: Connection, schema: str, name: str) -> bool:
    found = connection.execute("select to_regclass(%s)", (f'"{schema}"."{name}"',)).fetchone()
    return found != (None,)


def identifiers(
    columns: Sequence[str] | Mapping[str, object], of: str | None = None
) -> sql.Composed:
    """Quoted names, comma-separated, each of relation `of` if given."""
    return sql.SQL(", ").join(
        sql.Identifier(of, column) if of else sql.Identifier(column) for column in columns
    )
