"""Company files (CSV, Parquet) shaped by SQL into the landing contract: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import Reader, RunContext, SourceSpec, Variable
from ingestion.sources.exports.tables import TABLES

__all__ = ["EXPORTS"]


@contextmanager
def open_exports(values: Mapping[str, str], context: RunContext) -> Iterator[Mapping[str, Reader]]:
    """One DuckDB in memory for the run; it reads the company's files and nothing of the network."""
    from ingestion.sources.exports.resources import open_readers

    with open_readers(
        values["EXPORTS_FOLDER"],
        values["EXPORTS_DATA"],
        values["EXPORTS_ACCOUNT"],
        context.business_timezone,
    ) as readers:
        yield readers


EXPORTS = SourceSpec(
    name="exports",
    title="company files read by DuckDB",
    tables=TABLES,
    variables=(
        Variable("EXPORTS_FOLDER", "folder of <table>.sql: leads.sql, deals.sql, payments.sql"),
        Variable("EXPORTS_DATA", "folder of the files, getvariable('data') in the SQL"),
        Variable("EXPORTS_ACCOUNT", "a short name of this set of files, part of every id", "main"),
    ),
    account_variable="EXPORTS_ACCOUNT",
    open=open_exports,
)
