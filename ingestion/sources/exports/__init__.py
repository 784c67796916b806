"""Company files (CSV, XLSX, Parquet) shaped by SQL into the landing contract: the face of the
source.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.exports.tables import TABLES

__all__ = ["EXPORTS"]


def _open(values: Mapping[str, str], context: RunContext) -> AbstractContextManager[OpenSource]:
    from ingestion.sources.exports.resources import open_exports

    return open_exports(
        values["EXPORTS_FOLDER"],
        values["EXPORTS_DATA"],
        values["EXPORTS_ACCOUNT"],
        context.business_timezone,
        context.now,
    )


EXPORTS = SourceSpec(
    name="exports",
    title="company files read by DuckDB",
    tables=TABLES,
    variables=(
        Variable("EXPORTS_FOLDER", "folder of <table>.sql (leads.sql …) and files.yml"),
        Variable("EXPORTS_DATA", "folder of the files, getvariable('data') in the SQL"),
        Variable("EXPORTS_ACCOUNT", "a short name of this set of files, part of every id", "main"),
    ),
    account_variable="EXPORTS_ACCOUNT",
    open=_open,
    may_shrink=True,
)
