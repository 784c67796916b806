"""Keeps every outcome of every run in `quality.check_results`: the history the quality marts read.

Belongs here: the table's columns and SQL. Not here: sample records, which would grow by rows a
run; they live in the run's own log and in Dagster. Schema `quality` is made by the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from expectations.errors import QualityError
from expectations.outcome import CheckOutcome
from expectations.settings import QualitySettings

CREATE_RESULTS = """
create table if not exists {results} (
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
"""

# A retried run says again what it found; it must not count twice.
WRITE_RESULT = """
insert into {results} (
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

READ_LATEST = """
select distinct on (asset, check_id)
    check_id, asset, status, checked_count, failing_count, failing_share, limit_share, severity,
    owner
from {results}
order by asset, check_id, checked_at desc, run_id desc
"""


def prepare(settings: QualitySettings) -> None:
    """Create `quality.check_results` unless it is there, so that dbt may read it before any run."""
    with _connection(settings) as connection:
        connection.execute(_statement(CREATE_RESULTS, settings))


def record(
    settings: QualitySettings,
    outcomes: Sequence[CheckOutcome],
    run_id: str,
    checked_at: datetime,
) -> None:
    """Add the outcomes of a run in one transaction; the same run again replaces its own rows."""
    with _connection(settings) as connection:
        connection.execute(_statement(CREATE_RESULTS, settings))
        connection.cursor().executemany(
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


def latest(settings: QualitySettings) -> list[CheckOutcome]:
    """The newest outcome of each check, without samples; empty before the first run."""
    with _connection(settings) as connection:
        connection.execute(_statement(CREATE_RESULTS, settings))
        with connection.cursor(row_factory=class_row(CheckOutcome)) as cursor:
            return cursor.execute(_statement(READ_LATEST, settings)).fetchall()


def _statement(text: str, settings: QualitySettings) -> sql.Composed:
    results = sql.Identifier(f"{settings.prefix}quality", "check_results")
    return sql.SQL(text).format(results=results)


@contextmanager
def _connection(settings: QualitySettings) -> Iterator[psycopg.Connection]:
    """One transaction as the writing role, its refusals told in one sentence."""
    where = urlsplit(settings.writing_url)
    try:
        with psycopg.connect(settings.writing_url, application_name="expectations") as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        raise QualityError(
            f"{settings.prefix}quality.check_results at {where.hostname}:{where.port} refuses the"
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
