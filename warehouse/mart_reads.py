"""Who reads which mart, told from the server's log: tables `mart_reads`, `read_marts` in `usage`.

Belongs here: reading the log and keeping what it says. Does not belong here: what is made of it
(dbt's `mart_usage`), how the embedded server writes its log (embedded.py).

The log holds the texts of people's statements, with whatever phone they looked for. Postgres itself
picks the names of marts out of them: nothing else leaves it, and the embedded server's files are
deleted as soon as they are read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from warehouse.connections import Connections, connect
from warehouse.passwords import SERVICE_ROLES

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]

MAKE_TABLES = (
    """
    create table if not exists {schema}.mart_reads (
        mart_name text not null,
        login text not null,
        read_hour timestamptz not null,
        reads_count integer not null,
        first_read_at timestamptz not null,
        last_read_at timestamptz not null,
        primary key (mart_name, login, read_hour)
    )
    """,
    # The marts that were published when the log was last asked for, and whether it answered.
    """
    create table if not exists {schema}.read_marts (
        mart_name text primary key,
        is_log_readable boolean not null,
        asked_at timestamptz not null
    )
    """,
)
PUBLISHED = """
    select schemaname || '.' || tablename from pg_tables
    where starts_with(schemaname, %(prefix)s || 'mart_')
"""
LOGS_STATEMENTS = """
    select
        pg_current_logfile('jsonlog') is not null
        and exists (
            select 1 from pg_db_role_setting
            inner join pg_database
                on setdatabase = pg_database.oid
            where setrole = 0 and 'log_statement=all' = any(setconfig) and datname = %(database)s
        )
"""
OUR_APPLICATIONS = "python -m "
"""How the commands of this project name themselves: nobody reads through them."""
MART_IN_TEXT = r'\m(\w*mart_\w+)"?\s*\.\s*"?(\w+)'
# A statement that names no schema, or a view of somebody's own, is not seen: the log has its text
# and not what Postgres made of it.
READS = """
    with

    lines as (
        select
            regexp_split_to_table(
                pg_read_file(current_setting('log_directory') || '/' || name), '\\n'
            ) as line
        from pg_ls_logdir()
        where name like '%%.json' and modification >= %(since)s
    ),

    -- The last line may be half written.
    entries as materialized (
        select line::jsonb as entry from lines where line like '{%%}'
    ),

    statements as (
        select
            entry ->> 'session_id' as session_id,
            entry ->> 'line_num' as line_number,
            entry ->> 'user' as login,
            (entry ->> 'timestamp')::timestamptz as read_at,
            entry ->> 'message' as message
        from entries
        where
            entry ->> 'message' ~ '^(statement|execute [^:]*): '
            and entry ->> 'dbname' = %(database)s
            and coalesce(entry ->> 'application_name', '') not like %(ours)s
    ),

    reads as (
        select distinct
            statements.session_id,
            statements.line_number,
            statements.login,
            statements.read_at,
            roles.oid as login_id,
            lower(named[1]) || '.' || lower(named[2]) as mart_name
        from statements
        inner join pg_roles as roles
            on statements.login = roles.rolname
        cross join lateral
            regexp_matches(message, %(mart_in_text)s, 'gi') as mart (named)
        where
            statements.read_at >= %(since)s
            and not roles.rolsuper
            and pg_has_role(roles.oid, 'reader', 'member')
            and roles.rolname <> all (%(services)s)
    )

    select
        mart_name,
        login,
        date_trunc('hour', read_at),
        count(*)::integer,
        min(read_at),
        max(read_at)
    from reads
    where mart_name = any (%(marts)s) and has_table_privilege(login_id, mart_name, 'select')
    group by mart_name, login, date_trunc('hour', read_at)
"""
# An hour read again is the same hour, unless the server has lost a part of it since.
KEEP_READS = """
    insert into {schema}.mart_reads as held (
        mart_name, login, read_hour, reads_count, first_read_at, last_read_at
    )
    values (%s, %s, %s, %s, %s, %s)
    on conflict (mart_name, login, read_hour) do update set
        reads_count = greatest(held.reads_count, excluded.reads_count),
        first_read_at = least(held.first_read_at, excluded.first_read_at),
        last_read_at = greatest(held.last_read_at, excluded.last_read_at)
"""
KEEP_MARTS = """
    insert into {schema}.read_marts (mart_name, is_log_readable, asked_at)
    select unnest(%(marts)s::text[]), %(is_readable)s, %(asked_at)s
"""


@dataclass(frozen=True)
class Collected:
    """What the log said of the hours since it was last read, or why it said nothing."""

    reads: int
    logins: int
    asked_at: datetime
    not_available: str | None = None


def prepare(loader: Connection, schema: str) -> None:
    """Make the tables unless they are there, so that dbt may read them before the log was."""
    for statement in MAKE_TABLES:
        loader.execute(_in(schema, statement))


def collect(connections: Connections, prefix: str) -> Collected:
    """Read the log since it was last read and keep who read which mart in which hour."""
    schema = f"{prefix}usage"
    with connect(connections.url("loader")) as loader, loader.transaction():
        marts = [name for (name,) in loader.execute(PUBLISHED, {"prefix": prefix})]
        asked_at, since = _now_and_last_hour(loader, schema)
        asked = {"marts": marts, "since": since, "database": loader.info.dbname}
        rows, not_available = _read(connections, asked)
        loader.cursor().executemany(_in(schema, KEEP_READS), rows)
        loader.execute(_in(schema, "delete from {schema}.read_marts"))
        kept = {"marts": marts, "is_readable": not_available is None, "asked_at": asked_at}
        loader.execute(_in(schema, KEEP_MARTS), kept)
    reads = sum(int(str(count)) for _, _, _, count, _, _ in rows)
    return Collected(reads, len({login for _, login, *_ in rows}), asked_at, not_available)


def _now_and_last_hour(loader: Connection, schema: str) -> tuple[datetime, datetime]:
    """Now, and the beginning of the hour in which the log was last read."""
    times: psycopg.Cursor[tuple[datetime, datetime]] = loader.cursor(row_factory=tuple_row)
    times.execute(
        _in(
            schema,
            "select now(), coalesce(date_trunc('hour', max(asked_at)), '1970-01-01')"
            " from {schema}.read_marts where is_log_readable",
        )
    )
    return times.fetchall()[0]


def _read(
    connections: Connections, asked: dict[str, object]
) -> tuple[list[tuple[object, ...]], str | None]:
    """The rows of `mart_reads`, or none and the reason."""
    parameters = {
        **asked,
        "services": list(SERVICE_ROLES),
        "ours": f"{OUR_APPLICATIONS}%",
        "mart_in_text": MART_IN_TEXT,
    }
    with connect(connections.url("admin")) as admin:
        try:
            if admin.execute(LOGS_STATEMENTS, parameters).fetchone() != (True,):
                return [], "the server writes no statements into a JSON log"
            return admin.execute(READS, parameters).fetchall(), None
        except psycopg.errors.InsufficientPrivilege:
            return [], "the administrator's login may not read the server's log"


def _in(schema: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(schema=sql.Identifier(schema))
