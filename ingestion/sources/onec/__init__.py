"""1C:Enterprise through its standard OData interface: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.onec.tables import TABLES

__all__ = ["ONEC"]


@contextmanager
def open_onec(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; the password never leaves its header."""
    import httpx

    from ingestion.http import ApiClient, RateLimiter
    from ingestion.settings import positive_number, zone
    from ingestion.sources.onec.client import OneCClient, final_failure
    from ingestion.sources.onec.resources import OneCReaders

    per_second = positive_number("ONEC_REQUESTS_PER_SECOND", values["ONEC_REQUESTS_PER_SECOND"])
    window_days = positive_number("ONEC_WINDOW_DAYS", values["ONEC_WINDOW_DAYS"])
    timezone = zone("ONEC_TIMEZONE", values["ONEC_TIMEZONE"])
    api = ApiClient(
        "onec",
        values["ONEC_BASE_URL"],
        RateLimiter(per_second, context.monotonic, context.sleep),
        credentials="ONEC_USER and ONEC_PASSWORD",
        address="ONEC_BASE_URL",
        auth=httpx.BasicAuth(values["ONEC_USER"], values["ONEC_PASSWORD"]),
        sleep=context.sleep,
        is_final=final_failure,
    )
    try:
        yield OneCReaders(
            OneCClient(api),
            values["ONEC_BASE"],
            timezone,
            int(window_days),
            context,
        ).opened()
    finally:
        api.close()


ONEC = SourceSpec(
    name="onec",
    title="1C:Enterprise, standard OData interface",
    tables=TABLES,
    variables=(
        Variable("ONEC_BASE_URL", "http(s)://host/base/odata/standard.odata"),
        Variable("ONEC_USER", "an infobase user that may read the published entities"),
        Variable("ONEC_PASSWORD", "that user's password", secret=True),
        Variable(
            "ONEC_TIMEZONE", "zone of the 1C server, such as Europe/Moscow: 1C writes local times"
        ),
        Variable(
            "ONEC_BASE", "a short name of the infobase, part of every id; several: main,kz", "main"
        ),
        Variable("ONEC_REQUESTS_PER_SECOND", "1C names no limit; this protects its server", "20"),
        Variable(
            "ONEC_WINDOW_DAYS", "documents this many days back are read whole in every run", "190"
        ),
    ),
    account_variable="ONEC_BASE",
    open=open_onec,
)
