"""Keeps what the checks found in schema `quality`: the history that the quality marts read.

`check_results` has every outcome of every run. Whose records they were is kept of the last run of
a day (`checked_records`), and which records failed only of the last run of all (`failing_records`):
kept of every run they would grow by thousands of rows an hour. `checks` is the catalogue, for who
reads the results without this package. Belongs here: the tables' columns and SQL. Schema `quality`
is made by the warehouse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from expectations.contract import QualityContract
from expectations.errors import QualityError
from expectations.outcome import CheckOutcome
from expectations.settings import QualitySettings

MAKE_TABLES = (
    """
    create table if not exists {quality}.check_results (
        run_id text not null,
        checked_at timestamptz not null,
        check_id text not null,
        asset text not null,
        status text not null
            check (status in ('passed', 'failed', 'nothing_to_check', 'crashed')),
        checked_count bigint,
        failing_count bigint,
        failing_share double precision,
        limit_share double precision not null,
        severity text not null,
        owner text not null,
        primary key (run_id, asset, check_id)
    )
    """,
    # `checked_on` is the day in the business zone. Nobody's records are of manager ''; a check that
    # found nothing to look at is a row of nobody's 0 records.
    """
    create table if not exists {quality}.checked_records (
        checked_on date not null,
        asset text not null,
        check_id text not null,
        manager_id text not null,
        checked_at timestamptz not null,
        checked_count bigint not null,
        failing_count bigint not null,
        primary key (checked_on, asset, check_id, manager_id)
    )
    """,
    """
    create table if not exists {quality}.failing_records (
        asset text not null,
        check_id text not null,
        record_id text not null,
        record_title text not null,
        record_url text,
        manager_id text,
        checked_at timestamptz not null
    )
    """,
    """
    create table if not exists {quality}.checks (
        asset text not null,
        check_id text not null,
        title text not null,
        owner text not null,
        severity text not null,
        limit_share double precision not null,
        primary key (asset, check_id)
    )
    """,
)

# A retried run says again what it found; it must not count twice.
WRITE_RESULT = """
insert into {quality}.check_results (
    run_id, checked_at, check_id, asset, status, checked_count, failing_count, failing_share,
    limit_share, severity, owner
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (run_id, asset, check_id) do update set
    checked_at = excluded.checked_at,
    status = excluded.status,
    checked_count = excluded.checked_count,
    failing_count = excluded.failing_count,
    failing_share = excluded.failing_share,
    limit_share = excluded.limit_share,
    severity = excluded.severity,
    owner = excluded.owner
"""

FORGET_THE_DAY = """
delete from {quality}.checked_records
where checked_on = %s and asset = %s and check_id = %s
"""
WRITE_CHECKED = """
insert into {quality}.checked_records (
    checked_on, asset, check_id, manager_id, checked_at, checked_count, failing_count
)
values (%s, %s, %s, %s, %s, %s, %s)
"""

FORGET_FAILING = "delete from {quality}.failing_records where asset = %s and check_id = %s"
WRITE_FAILING = """
copy {quality}.failing_records (
    asset, check_id, record_id, record_title, record_url, manager_id, checked_at
)
from stdin
"""

# Names of people must not outlive the check that asked for them.
FORGET_OTHER_CHECKS = """
delete from {quality}.failing_records
where (asset, check_id) not in (select asset, check_id from {quality}.checks)
"""
WRITE_CHECK = """
insert into {quality}.checks (asset, check_id, title, owner, severity, limit_share)
values (%s, %s, %s, %s, %s, %s)
"""

READ_LATEST = """
select distinct on (asset, check_id)
    check_id, asset, status, checked_count, failing_count, failing_share, limit_share, severity,
    owner
from {quality}.check_results
order by asset, check_id, checked_at desc, run_id desc
"""


def prepare(settings: QualitySettings, catalogue: Sequence[QualityContract]) -> None:
    """Make the tables unless they are there, so that dbt may read them before any run.

    `checks` is written anew: it is as the catalogue says.
    """
    with _connection(settings) as connection:
        _make_tables(connection, settings)
        connection.execute(_statement("delete from {quality}.checks", settings))
        connection.cursor().executemany(
            _statement(WRITE_CHECK, settings),
            [
                (
                    contract.asset,
                    contract.check_id,
                    contract.title,
                    contract.owner.code,
                    contract.severity,
                    contract.limit_share,
                )
                for contract in catalogue
            ],
        )
        connection.execute(_statement(FORGET_OTHER_CHECKS, settings))


def record(
    settings: QualitySettings,
    outcomes: Sequence[CheckOutcome],
    run_id: str,
    checked_at: datetime,
) -> None:
    """Add the outcomes of a run in one transaction; the same run again replaces its own rows.

    Of a check that crashed nothing new is known, so what was known of its records stays.
    """
    with _connection(settings) as connection, connection.cursor() as cursor:
        _make_tables(connection, settings)
        cursor.executemany(
            _statement(WRITE_RESULT, settings),
            [
                (
                    run_id,
                    checked_at,
                    outcome.check_id,
                    outcome.asset,
                    outcome.status,
                    outcome.checked_count,
                    outcome.failing_count,
                    outcome.failing_share,
                    outcome.limit_share,
                    outcome.severity,
                    outcome.owner,
                )
                for outcome in outcomes
            ],
        )
        for outcome in outcomes:
            if outcome.status != "crashed":
                _record_managers(cursor, settings, outcome, checked_at)
                _record_failing(cursor, settings, outcome, checked_at)


def _record_managers(
    cursor: psycopg.Cursor, settings: QualitySettings, outcome: CheckOutcome, checked_at: datetime
) -> None:
    day = checked_at.astimezone(settings.timezone).date()
    key = (outcome.asset, outcome.check_id)
    failing = Counter(record.manager_id for record in outcome.failing_records)
    cursor.execute(_statement(FORGET_THE_DAY, settings), (day, *key))
    cursor.executemany(
        _statement(WRITE_CHECKED, settings),
        [
            (day, *key, manager_id or "", checked_at, checked_count, failing[manager_id])
            for manager_id, checked_count in (outcome.checked_by_manager or {None: 0}).items()
        ],
    )


def _record_failing(
    cursor: psycopg.Cursor, settings: QualitySettings, outcome: CheckOutcome, checked_at: datetime
) -> None:
    key = (outcome.asset, outcome.check_id)
    cursor.execute(_statement(FORGET_FAILING, settings), key)
    with cursor.copy(_statement(WRITE_FAILING, settings)) as copy:
        for found in outcome.failing_records:
            copy.write_row((*key, found.id, found.title, found.url, found.manager_id, checked_at))


def latest(settings: QualitySettings) -> list[CheckOutcome]:
    """The newest outcome of each check, without records; empty before the first run."""
    with _connection(settings) as connection:
        _make_tables(connection, settings)
        with connection.cursor(row_factory=class_row(CheckOutcome)) as cursor:
            return cursor.execute(_statement(READ_LATEST, settings)).fetchall()


def _make_tables(connection: psycopg.Connection, settings: QualitySettings) -> None:
    # Of two runs at once each replaces what the other has written, one after the other.
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"{settings.prefix}quality"])
    for statement in MAKE_TABLES:
        connection.execute(_statement(statement, settings))


def _statement(text: str, settings: QualitySettings) -> sql.Composed:
    return sql.SQL(text).format(quality=sql.Identifier(f"{settings.prefix}quality"))


@contextmanager
def _connection(settings: QualitySettings) -> Iterator[psycopg.Connection]:
    """One transaction as the writing role, its refusals told in one sentence."""
    where = urlsplit(settings.writing_url)
    try:
        with psycopg.connect(settings.writing_url, application_name="expectations") as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        raise QualityError(
            f"{settings.prefix}quality at {where.hostname}:{where.port} refuses the"
            f" role {where.username} ({_first_line(error)}); start Postgres or correct"
            " WAREHOUSE_LOADER_URL"
        ) from error
    except psycopg.errors.InvalidSchemaName as error:
        raise QualityError(
            f"schema {settings.prefix}quality does not exist; create it with"
            " `python -m warehouse up`"
        ) from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0]
