"""Zadarma, API v1: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.zadarma.tables import TABLES

__all__ = ["ZADARMA"]


@contextmanager
def open_zadarma(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens two HTTP clients for the run: statistics have a limit of their own."""
    from ingestion.http import ApiClient, limiter_of
    from ingestion.settings import positive_number, zone
    from ingestion.sources.zadarma.client import Signature, ZadarmaClient, explain
    from ingestion.sources.zadarma.resources import LONGEST_WINDOW, ZadarmaReaders
    from ingestion.windows import ByWindow

    account_name = values["ZADARMA_ACCOUNT"]

    def days(name: str) -> timedelta:
        return timedelta(days=positive_number(name, values[name]))

    def api(counted: str, per_minute: float) -> ApiClient:
        return ApiClient(
            "zadarma",
            values["ZADARMA_BASE_URL"],
            limiter_of(context, f"zadarma-{account_name}-{counted}", per_minute / 60),
            credentials="ZADARMA_KEY and ZADARMA_SECRET",
            address="ZADARMA_BASE_URL",
            auth=Signature(
                values["ZADARMA_KEY"], values["ZADARMA_SECRET"], values["ZADARMA_BASE_URL"]
            ),
            sleep=context.sleep,
            explain=explain,
        )

    name = "ZADARMA_STATISTICS_PER_MINUTE"
    windows = ByWindow(LONGEST_WINDOW, days("ZADARMA_HISTORY_DAYS"), days("ZADARMA_REREAD_DAYS"))
    given_zone = values.get("ZADARMA_TIMEZONE")
    statistics = api("statistics", positive_number(name, values[name]))
    others = api("others", OTHERS_PER_MINUTE)
    try:
        yield ZadarmaReaders(
            ZadarmaClient(others, statistics),
            account_name,
            zone("ZADARMA_TIMEZONE", given_zone) if given_zone else None,
            windows,
            context.now,
        ).opened()
    finally:
        statistics.close()
        others.close()


OTHERS_PER_MINUTE = 90
"""Zadarma allows 100 requests a minute in all; a run needs two besides statistics."""

ZADARMA = SourceSpec(
    name="zadarma",
    title="Zadarma PBX, API v1",
    tables=TABLES,
    variables=(
        Variable("ZADARMA_KEY", "the user key of the account's API page"),
        Variable("ZADARMA_SECRET", "the secret key of that page", secret=True),
        Variable("ZADARMA_BASE_URL", "the API's address", "https://api.zadarma.com"),
        Variable("ZADARMA_ACCOUNT", "a short name of the account, part of every id", "main"),
        Variable(
            "ZADARMA_TIMEZONE",
            "zone of the account's times; without it the offset that the account tells",
            may_be_absent=True,
        ),
        Variable("ZADARMA_STATISTICS_PER_MINUTE", "Zadarma refuses more than 3", "3"),
        Variable("ZADARMA_HISTORY_DAYS", "calls so many days back are read at first", "760"),
        Variable(
            "ZADARMA_REREAD_DAYS",
            "calls so many days back are read again: their recordings come later",
            "3",
        ),
    ),
    account_variable="ZADARMA_ACCOUNT",
    open=open_zadarma,
)
