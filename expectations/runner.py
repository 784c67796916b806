"""Runs the contracts by Great Expectations inside Postgres.

Belongs here: everything that knows Great Expectations. It is imported inside `run`, because it
costs seconds that listing the catalogue or loading Dagster's definitions must not pay.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from expectations.catalog import contracts
from expectations.contract import (
    CHECKED_VALUE,
    MANAGER_COLUMN,
    RECORD_COLUMNS,
    QualityContract,
)
from expectations.errors import QualityError
from expectations.outcome import CheckOutcome, crashed, judged
from expectations.settings import QualitySettings

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.postgres_datasource import PostgresDatasource
    from great_expectations.expectations.expectation import Expectation as GxExpectation

logger = logging.getLogger(__name__)

# Failing rows are told by their record columns; the checked value itself (a phone, a name) is
# left out of the result.
RESULT_FORMAT: Mapping[str, Any] = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": list(RECORD_COLUMNS),
    # So many failing rows at the most. Left out it is 20, also of a complete result.
    "partial_unexpected_count": 10_000_000,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


def run(
    settings: QualitySettings,
    *,
    assets: Collection[str] | None = None,
    run_id: str,
    clock: Callable[[], datetime],
    checks: Sequence[QualityContract] | None = None,
) -> list[CheckOutcome]:
    """Make the checks and return one outcome each, in the catalogue's order.

    `assets` narrows to contracts of these `schema/table` keys; `checks` replaces the catalogue.
    A check that raises is `crashed` and the others still run. Raises QualityError for an
    asset without contracts and when Postgres does not answer.
    """
    chosen = _chosen(contracts() if checks is None else checks, assets)
    now = clock()
    with _warehouse(settings.reading_url) as warehouse:
        outcomes = [
            _check(warehouse, contract, contract.query(prefix=settings.prefix, now=now))
            for contract in chosen
        ]
    for outcome in outcomes:
        if outcome.error:
            logger.error("run %s: %s", run_id, outcome.error)
    return outcomes


def _chosen(
    checks: Sequence[QualityContract], assets: Collection[str] | None
) -> list[QualityContract]:
    known = {contract.asset for contract in checks}
    unknown = sorted(set(assets or ()) - known)
    if unknown:
        raise QualityError(
            f"no quality checks for {', '.join(unknown)}; checked are {', '.join(sorted(known))}"
        )
    return [contract for contract in checks if assets is None or contract.asset in assets]


@contextmanager
def _warehouse(url: str) -> Iterator[PostgresDatasource]:
    """An in-memory Great Expectations context on one Postgres connection."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    try:
        warehouse = context.data_sources.add_postgres(
            "warehouse",
            connection_string=psycopg2_url(url),
            # Each check's rows become a temporary table: counts and records then speak of the same
            # moment, and Great Expectations reads the columns of a table from its catalogue,
            # while those of a query it learns by fetching every row of it.
            create_temp_table=True,
            # A temporary table lives in one connection, so there may be only one.
            kwargs={  # type: ignore[call-arg]  # its stub forgot it
                "connect_args": {"application_name": "expectations"},
                "pool_size": 1,
                "max_overflow": 0,
            },
        )
    except TestConnectionError as error:
        where = urlsplit(url)
        raise QualityError(
            f"quality checks cannot reach Postgres at {where.hostname}:{where.port}"
            f"{where.path}; start it with `python -m warehouse up` or correct"
            " WAREHOUSE_TRANSFORMER_URL"
        ) from error
    try:
        yield warehouse
    finally:
        # It connects by two engines, one to test the connection and one to work.
        warehouse.get_execution_engine().close()
        warehouse.get_engine().dispose()


def psycopg2_url(url: str) -> str:
    """The connection string as Great Expectations takes it.

    The driver is named because SQLAlchemy 2.1 would choose another. A `$` is escaped because
    Great Expectations would take it for a variable of its own configuration.
    """
    _, _, rest = url.partition("://")
    return "postgresql+psycopg2://" + rest.replace("$", "%24")


def _check(warehouse: PostgresDatasource, contract: QualityContract, query: str) -> CheckOutcome:
    """One contract, whatever comes of it: a broken check must not hide the others."""
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from sqlalchemy.exc import SQLAlchemyError

    rows = warehouse.add_query_asset(f"{contract.asset}/{contract.check_id}", query=query)
    try:
        batch = rows.add_batch_definition_whole_table("all").get_batch()
        result = batch.validate(_gx_expectation(contract), result_format=dict(RESULT_FORMAT))
        checked_by_manager = _checked_by_manager(warehouse, batch, contract)
    except (GreatExpectationsError, SQLAlchemyError) as error:
        return crashed(contract, _first_line(str(error)))
    raised = _raised_within(result)
    if raised is not None:
        return crashed(contract, _first_line(raised))
    return judged(
        contract,
        success=bool(result.success),
        result=result.result,
        checked_by_manager=checked_by_manager,
    )


def _checked_by_manager(
    warehouse: PostgresDatasource, batch: Batch, contract: QualityContract
) -> dict[str | None, int]:
    """How many rows of whom, of the very rows that Great Expectations has judged."""
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from sqlalchemy import ColumnClause, column, func, select

    if not contract.expectation.is_per_record:
        return {}
    rows = batch.data
    if not isinstance(rows, SqlAlchemyBatchData):
        raise GreatExpectationsError(f"its rows came as {type(rows).__name__}")
    manager: ColumnClause[str | None] = column(MANAGER_COLUMN)
    counted = select(manager, func.count()).select_from(rows.selectable).group_by(manager)
    counts = warehouse.get_execution_engine().execute_query(counted)
    return dict(counts.all())


def _gx_expectation(contract: QualityContract) -> GxExpectation:
    import great_expectations.expectations as gxe

    arguments = dict(contract.expectation.arguments)
    if contract.expectation.is_per_record:
        # Rounded, because 1 - 0.18 is a little more than 0.82 and would fail a check whose share
        # is exactly at its limit.
        arguments |= {"column": CHECKED_VALUE, "mostly": round(1 - contract.limit_share, 6)}
    expectation: GxExpectation = getattr(gxe, contract.expectation.name)(**arguments)
    return expectation


def _raised_within(result: ExpectationValidationResult) -> str | None:
    """What Great Expectations caught while it judged: it keeps one exception, or one a metric."""
    info = result.exception_info
    exceptions = [info] if "raised_exception" in info else list(info.values())
    for exception in exceptions:
        if exception["raised_exception"]:
            return str(exception["exception_message"])
    return None


def _first_line(message: str) -> str:
    """The reason without the driver's class before it and the whole statement after it."""
    lines = message.strip().splitlines() or ["no reason was given"]
    return re.sub(r"^\(psycopg2[\w.]*\) ", "", lines[0])
