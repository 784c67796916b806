"""amoCRM (and Kommo) API v4: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.sources.amocrm.tables import TABLES

__all__ = ["AMOCRM"]


@contextmanager
def open_amocrm(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; tokens never leave their header."""
    from ingestion.http import ApiClient, fast_json, limiter_of
    from ingestion.settings import positive_number
    from ingestion.sources.amocrm.client import AmoClient
    from ingestion.sources.amocrm.probes import probes
    from ingestion.sources.amocrm.refusals import explain
    from ingestion.sources.amocrm.resources import AmoReaders
    from ingestion.sources.amocrm.revisits import AmoRevisits
    from ingestion.sources.amocrm.tokens import tokens_for
    from ingestion.tokens import USER_AGENT

    per_second = positive_number("AMOCRM_REQUESTS_PER_SECOND", values["AMOCRM_REQUESTS_PER_SECOND"])
    account_name = values["AMOCRM_ACCOUNT"]
    limiter = limiter_of(context, f"amocrm-{account_name}", per_second)
    opened_at = context.monotonic()

    def clock() -> float:
        return context.now.timestamp() + context.monotonic() - opened_at

    api = ApiClient(
        "amocrm",
        values["AMOCRM_BASE_URL"],
        limiter,
        credentials="AMOCRM_TOKEN" if "AMOCRM_TOKEN" in values else "the integration's tokens",
        address="AMOCRM_BASE_URL",
        headers={"User-Agent": USER_AGENT},
        auth=tokens_for(values, account_name, context.secrets_dir, limiter, clock, context.sleep),
        sleep=context.sleep,
        explain=explain,
        decode=fast_json,
    )
    client = AmoClient(api)
    revisits = AmoRevisits(client, account_name)
    try:
        yield OpenSource(
            readers=AmoReaders(
                client, account_name, values["AMOCRM_BASE_URL"].rstrip("/"), context
            ).readers(),
            windows=revisits.windows(),
            sweeps=revisits.sweeps(),
            probes=probes(client),
        )
    finally:
        api.close()


def _alternative(name: str, about: str) -> Variable:
    return Variable(name, about, secret=True, may_be_absent=True)


AMOCRM = SourceSpec(
    name="amocrm",
    title="amoCRM / Kommo, API v4",
    tables=TABLES,
    variables=(
        Variable("AMOCRM_BASE_URL", "the account's own address, https://<subdomain>.amocrm.ru"),
        _alternative("AMOCRM_TOKEN", "a long-lived token made by an administrator"),
        _alternative("AMOCRM_CLIENT_ID", "or, instead of the token: the integration's id"),
        _alternative("AMOCRM_CLIENT_SECRET", "the integration's secret key"),
        _alternative("AMOCRM_REDIRECT_URI", "the integration's redirect address, as registered"),
        _alternative("AMOCRM_AUTH_CODE", "its authorisation code, needed once, within 20 minutes"),
        _alternative(
            "AMOCRM_REFRESH_TOKEN", "or, instead of the code, a refresh token nobody uses"
        ),
        Variable("AMOCRM_ACCOUNT", "a short name of the account, part of every id", "main"),
        Variable("AMOCRM_REQUESTS_PER_SECOND", "amoCRM blocks above 7 per integration", "7"),
    ),
    account_variable="AMOCRM_ACCOUNT",
    open=open_amocrm,
)
