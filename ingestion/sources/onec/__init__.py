"""1C:Enterprise through its standard OData interface: the face of the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ingestion.catalog import OpenSource, RunContext, SourceSpec, Variable
from ingestion.errors import SettingsError
from ingestion.sources.onec.tables import TABLES

__all__ = ["ONEC"]


@contextmanager
def open_onec(values: Mapping[str, str], context: RunContext) -> Iterator[OpenSource]:
    """Opens one HTTP client for the run; the password never leaves its header."""
    import httpx

    from ingestion.http import ApiClient, limiter_of
    from ingestion.settings import positive_number, zone
    from ingestion.sources.onec.client import OneCClient
    from ingestion.sources.onec.exchange import Exchange
    from ingestion.sources.onec.infobase import Choice, Infobase
    from ingestion.sources.onec.probes import probes
    from ingestion.sources.onec.refusals import explain
    from ingestion.sources.onec.resources import OneCReaders
    from ingestion.sources.onec.revisits import OneCRevisits

    per_second = positive_number("ONEC_REQUESTS_PER_SECOND", values["ONEC_REQUESTS_PER_SECOND"])
    window_days = positive_number("ONEC_WINDOW_DAYS", values["ONEC_WINDOW_DAYS"])
    timezone = zone("ONEC_TIMEZONE", values["ONEC_TIMEZONE"])
    choice = Choice.of(values.get("ONEC_CONFIGURATION"), values.get("ONEC_ENTITIES", ""))
    api = ApiClient(
        "onec",
        values["ONEC_BASE_URL"],
        limiter_of(context, f"onec-{values['ONEC_BASE']}", per_second),
        credentials="ONEC_USER and ONEC_PASSWORD",
        address="ONEC_BASE_URL",
        auth=httpx.BasicAuth(values["ONEC_USER"], values["ONEC_PASSWORD"]),
        sleep=context.sleep,
        explain=explain,
    )
    try:
        client = OneCClient(api, only_allowed=_only_allowed(values["ONEC_ALLOWED_ONLY"]))
        node = values.get("ONEC_EXCHANGE_NODE")
        exchange = Exchange(client, node, context.held) if node else None
        infobase = Infobase(client, choice)
        readers = OneCReaders(
            client, infobase, exchange, values["ONEC_BASE"], timezone, int(window_days), context
        )
        revisits = OneCRevisits(client, infobase, readers)
        yield OpenSource(
            readers=readers.readers(),
            windows=revisits.windows(),
            sweeps=revisits.sweeps(),
            probes=probes(client, infobase, exchange),
        )
    finally:
        api.close()


def _only_allowed(text: str) -> bool:
    if text not in ("yes", "no"):
        raise SettingsError(f"ONEC_ALLOWED_ONLY={text} is neither yes nor no; correct it")
    return text == "yes"


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
        Variable(
            "ONEC_CONFIGURATION",
            "accounting_3, trade_11 or unf; without it the published entities tell",
            may_be_absent=True,
        ),
        Variable(
            "ONEC_ENTITIES",
            "entities of single tables that differ, such as bank_receipts=Document_X,…",
            may_be_absent=True,
        ),
        Variable(
            "ONEC_EXCHANGE_NODE",
            "a node of an exchange plan that tells changes, ExchangePlan_X(guid'…')",
            may_be_absent=True,
        ),
        Variable(
            "ONEC_ALLOWED_ONLY", "yes: rows the user may not see are left out in silence", "no"
        ),
    ),
    account_variable="ONEC_BASE",
    open=open_onec,
)
