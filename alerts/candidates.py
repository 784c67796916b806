"""Reads `mart_alerts.alert_candidates` as the role that may read marts only.

The one query of this package on the data; it selects the columns of the handshake and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.models import CANDIDATE_COLUMNS, AlertsError, Candidate, Record, Severity

_MART = "mart_alerts"
_TABLE = "alert_candidates"


def read_candidates(reader_url: str, *, schema_prefix: str) -> tuple[Candidate, ...]:
    """Every candidate that exists now. Raises AlertsError when there is nothing to read from."""
    schema = f"{schema_prefix}{_MART}"
    query = sql.SQL("select {columns} from {table} order by candidate_key").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, CANDIDATE_COLUMNS)),
        table=sql.Identifier(schema, _TABLE),
    )
    try:
        with psycopg.connect(
            reader_url,
            connect_timeout=10,
            row_factory=dict_row,
            application_name="python -m alerts",
        ) as connection:
            rows = connection.execute(query).fetchall()
    except psycopg.OperationalError:
        raise AlertsError(
            "The warehouse does not answer at WAREHOUSE_READER_URL: start it with "
            "`python -m warehouse up` or correct the URL."
        ) from None
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise AlertsError(
            f"{schema}.{_TABLE} does not exist yet: run the warehouse refresh once "
            "(`make demo`, or warehouse_refresh_job in Dagster), which publishes the marts."
        ) from None
    except psycopg.errors.InsufficientPrivilege:
        raise AlertsError(
            f"The role of WAREHOUSE_READER_URL may not read {schema}.{_TABLE}: run "
            "`python -m warehouse up`, then the warehouse refresh, which grants it."
        ) from None
    except psycopg.errors.UndefinedColumn as error:
        raise AlertsError(
            f"{schema}.{_TABLE} lacks a column ({error.diag.message_primary}): "
            "rebuild the mart, or bring alerts/models.py in line with its contract."
        ) from None
    return tuple(_candidate(row, f"{schema}.{_TABLE}") for row in rows)


def _candidate(row: Mapping[str, Any], table: str) -> Candidate:
    try:
        return Candidate(
            rule=_present(row, "alert_rule"),
            key=_present(row, "candidate_key"),
            manager_id=row["manager_id"],
            manager_name=row["manager_name"],
            observed=float(_present(row, "observed_value")),
            threshold=float(_present(row, "threshold_value")),
            unit=_present(row, "unit"),
            since_at=row["since_at"],
            severity=Severity(_present(row, "severity")),
            evaluated_at=_present(row, "evaluated_at"),
            examples=tuple(
                Record(str(each["title"]), each.get("url"), each.get("detail"))
                for each in row["example_records"] or []
            ),
            details=row["details"] or {},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AlertsError(
            f"{table}: the candidate {row['candidate_key']!r} is not as agreed ({error}); "
            "correct the rule's SQL."
        ) from None


def _present(row: Mapping[str, Any], column: str) -> Any:
    if row[column] is None:
        raise ValueError(f"{column} is null")
    return row[column]
