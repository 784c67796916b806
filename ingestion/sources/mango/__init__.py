"""Mango Office, API of the VPBX: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.mango.tables import TABLES

__all__ = ["MANGO"]


@contextmanager
def open_mango(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; the salt never leaves the signature."""
    from ingestion.http import ApiClient, limiter_of
    from ingestion.settings import positive_number, zone
    from ingestion.sources.mango.client import MangoClient, SignedForm
    from ingestion.sources.mango.refusals import explain
    from ingestion.sources.mango.resources import LONGEST_WINDOW, MangoReaders
    from ingestion.windows import ByWindow

    def number(name: str) -> float:
        return positive_number(name, values[name])

    account_name, per_second = values["MANGO_ACCOUNT"], number("MANGO_REQUESTS_PER_SECOND")
    windows = ByWindow(
        LONGEST_WINDOW,
        timedelta(days=number("MANGO_HISTORY_DAYS")),
        timedelta(days=number("MANGO_REREAD_DAYS")),
    )
    api = ApiClient(
        "mango",
        values["MANGO_BASE_URL"],
        limiter_of(context, f"mango-{account_name}", per_second),
        credentials="MANGO_API_KEY and MANGO_API_SALT",
        address="MANGO_BASE_URL",
        auth=SignedForm(values["MANGO_API_KEY"], values["MANGO_API_SALT"]),
        sleep=context.sleep,
        explain=explain,
    )
    try:
        yield MangoReaders(
            MangoClient(api, context.sleep),
            account_name,
            values["MANGO_BASE_URL"].rstrip("/"),
            zone("MANGO_TIMEZONE", values["MANGO_TIMEZONE"]),
            windows,
            context.now,
        ).opened()
    finally:
        api.close()


MANGO = SourceSpec(
    name="mango",
    title="Mango Office VPBX",
    tables=TABLES,
    variables=(
        Variable("MANGO_API_KEY", "the unique code of the VPBX, from its page «API connector»"),
        Variable("MANGO_API_SALT", "the key for signatures, from that page", secret=True),
        Variable("MANGO_BASE_URL", "the API's address", "https://app.mango-office.ru/vpbx"),
        Variable("MANGO_ACCOUNT", "a short name of the account, part of every id", "main"),
        Variable("MANGO_TIMEZONE", "zone of the dates asked for", "Europe/Moscow"),
        Variable(
            "MANGO_REQUESTS_PER_SECOND",
            "Mango allows statistics and employees to be asked for once in two seconds",
            "0.5",
        ),
        Variable("MANGO_HISTORY_DAYS", "calls so many days back are read at first", "760"),
        Variable(
            "MANGO_REREAD_DAYS",
            "calls so many days back are read again: recordings, costs and call-backs come later",
            "3",
        ),
    ),
    account_variable="MANGO_ACCOUNT",
    open=open_mango,
)
