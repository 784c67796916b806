"""The company's Excel workbook, plans and settings as people write them: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.errors import SettingsError
from ingestion.sources.workbook.layout import LOCALES
from ingestion.sources.workbook.tables import TABLES

__all__ = ["WORKBOOK"]


@contextmanager
def _open(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    from pathlib import Path

    from ingestion.sources.workbook.resources import Workbook

    locale = next((known for known in LOCALES if known == values["COMPANY_LOCALE"]), None)
    if locale is None:
        raise SettingsError(f"COMPANY_LOCALE must be one of {', '.join(LOCALES)}")
    path = Path(values["WORKBOOK_FILE"])
    yield Workbook(path, values["WORKBOOK_ACCOUNT"], locale, context.held).opened()


WORKBOOK = SourceSpec(
    name="workbook",
    title="the company's Excel workbook",
    tables=TABLES,
    variables=(
        Variable("WORKBOOK_FILE", "the .xlsx file with plans, costs and settings"),
        Variable("WORKBOOK_ACCOUNT", "a short name of the workbook, part of every id", "main"),
        Variable("COMPANY_LOCALE", "the language people are told in: ru, uk or en", "ru"),
    ),
    account_variable="WORKBOOK_ACCOUNT",
    open=_open,
    may_be_emptied=True,
)
