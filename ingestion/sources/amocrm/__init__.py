"""amoCRM (and Kommo) API v4: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import Reader, RunContext, SourceSpec, Variable
from ingestion.sources.amocrm.tables import TABLES

__all__ = ["AMOCRM"]


@contextmanager
def open_amocrm(values: Mapping[str, str], context: RunContext) -> Iterator[Mapping[str, Reader]]:
    """Opens one HTTP client for the run; the token never leaves its header."""
    from ingestion.http import ApiClient, RateLimiter
    from ingestion.settings import positive_number
    from ingestion.sources.amocrm.client import AmoClient
    from ingestion.sources.amocrm.resources import AmoReaders

    per_second = positive_number("AMOCRM_REQUESTS_PER_SECOND", values["AMOCRM_REQUESTS_PER_SECOND"])
    api = ApiClient(
        "amocrm",
        values["AMOCRM_BASE_URL"],
        RateLimiter(per_second, context.monotonic, context.sleep),
        credentials="AMOCRM_TOKEN",
        address="AMOCRM_BASE_URL",
        headers={
            "Authorization": f"Bearer {values['AMOCRM_TOKEN']}",
            "User-Agent": "crm-source-of-truth",
        },
        sleep=context.sleep,
    )
    try:
        yield AmoReaders(
            AmoClient(api), values["AMOCRM_ACCOUNT"], values["AMOCRM_BASE_URL"].rstrip("/"), context
        ).readers()
    finally:
        api.close()


AMOCRM = SourceSpec(
    name="amocrm",
    title="amoCRM / Kommo, API v4",
    tables=TABLES,
    variables=(
        Variable("AMOCRM_BASE_URL", "the account's own address, https://<subdomain>.amocrm.ru"),
        Variable("AMOCRM_TOKEN", "a long-lived token made by an administrator"),
        Variable("AMOCRM_ACCOUNT", "a short name of the account, part of every id", "main"),
        Variable("AMOCRM_REQUESTS_PER_SECOND", "amoCRM blocks above 7 per integration", "7"),
    ),
    account_variable="AMOCRM_ACCOUNT",
    open=open_amocrm,
)
