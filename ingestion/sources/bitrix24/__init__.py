"""Bitrix24 REST: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.bitrix24.tables import TABLES

__all__ = ["BITRIX24"]


@contextmanager
def open_bitrix24(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; the webhook's code lies in its base address, which no
    sentence repeats.
    """
    from functools import partial

    from ingestion.http import ApiClient, fast_json, limiter_of
    from ingestion.settings import positive_number
    from ingestion.sources.bitrix24.access import access_of, family_of
    from ingestion.sources.bitrix24.client import BitrixClient
    from ingestion.sources.bitrix24.limits import BUCKET_SECONDS, Operating
    from ingestion.sources.bitrix24.probes import probes
    from ingestion.sources.bitrix24.refusals import explain
    from ingestion.sources.bitrix24.resources import BitrixReaders
    from ingestion.sources.bitrix24.revisits import BitrixRevisits

    name = "BITRIX24_REQUESTS_PER_SECOND"
    per_second = positive_number(name, values[name])
    burst = max(1, int(per_second * BUCKET_SECONDS))
    account_name, family = values["BITRIX24_ACCOUNT"], family_of(values)
    limiter = limiter_of(context, f"bitrix24-{account_name}", per_second, burst=burst)
    access = access_of(values, account_name, context, limiter)
    operating = Operating(context.monotonic)
    api = ApiClient(
        "bitrix24",
        access.base_url,
        limiter,
        credentials=access.credentials,
        address="BITRIX24_BASE_URL",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        auth=access.auth,
        sleep=context.sleep,
        explain=partial(explain, operating),
        decode=fast_json,
    )
    client = BitrixClient(api, operating)
    revisits = BitrixRevisits(client, account_name, family)
    try:
        yield OpenSource(
            readers=BitrixReaders(client, account_name, access.web_url, family).readers(),
            windows=revisits.windows(),
            sweeps=revisits.sweeps(),
            probes=probes(client, family),
        )
    finally:
        api.close()


def _alternative(name: str, about: str) -> Variable:
    return Variable(name, about, secret=True, may_be_absent=True)


BITRIX24 = SourceSpec(
    name="bitrix24",
    title="Bitrix24 REST",
    tables=TABLES,
    variables=(
        Variable("BITRIX24_BASE_URL", "the portal's own address, https://<company>.bitrix24.ru"),
        _alternative(
            "BITRIX24_WEBHOOK", "the address of an incoming webhook made by an administrator"
        ),
        _alternative("BITRIX24_CLIENT_ID", "or, instead of the webhook: the application's id"),
        _alternative("BITRIX24_CLIENT_SECRET", "the application's secret key"),
        _alternative("BITRIX24_REFRESH_TOKEN", "a refresh token of it that nobody else uses, once"),
        _alternative("BITRIX24_AUTH_CODE", "or its authorisation code, within 30 seconds"),
        Variable("BITRIX24_OAUTH_URL", "where tokens are asked for", "https://oauth.bitrix24.tech"),
        Variable("BITRIX24_ACCOUNT", "a short name of the portal, part of every id", "main"),
        Variable("BITRIX24_REQUESTS_PER_SECOND", "2, on the tariff Enterprise 5", "2"),
        Variable(
            "BITRIX24_LISTS", "items (crm.item.list), or old for a portal that lacks it", "items"
        ),
    ),
    account_variable="BITRIX24_ACCOUNT",
    open=open_bitrix24,
)
