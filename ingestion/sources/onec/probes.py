"""What `check onec` tries: the base, its configuration, a line an entity, the exchange plan."""

from __future__ import annotations

from functools import partial

from ingestion.catalog import Probe
from ingestion.errors import SourceError
from ingestion.sources.onec.client import OneCClient
from ingestion.sources.onec.configurations import CONFIGURATIONS
from ingestion.sources.onec.exchange import Exchange
from ingestion.sources.onec.infobase import Infobase, missing_entity
from ingestion.sources.onec.resources import CATALOGS, DOCUMENTS, REGISTERS, position
from ingestion.sources.onec.tables import TABLES


def probes(client: OneCClient, infobase: Infobase, exchange: Exchange | None) -> tuple[Probe, ...]:
    """In the order a person would look."""
    tables = (t.name for t in TABLES if t.name in (*CATALOGS, *DOCUMENTS, *REGISTERS))
    told = [
        Probe("base", partial(_base, client, infobase)),
        *(
            Probe(name, partial(_table, client, infobase, name), needed=infobase.is_needed(name))
            for name in tables
        ),
    ]
    if exchange is not None:
        told.append(Probe("exchange plan", partial(_exchange, exchange)))
    return tuple(told)


def _base(client: OneCClient, infobase: Infobase) -> str:
    found = infobase.found()
    told = f"configuration {found.configuration}, {len(found.published)} entity sets are published"
    return f"{told}; only rows the user may see are read" if client.only_allowed else told


def _table(client: OneCClient, infobase: Infobase, table: str) -> str:
    binding = infobase.binding(table)
    if binding is None:
        layout = CONFIGURATIONS[infobase.found().configuration][table]
        raise SourceError(
            "onec",
            table,
            missing_entity(layout.entities),
            "The table stays empty; publish the entity if it is wanted",
        )
    orderby = position(binding).order if table in REGISTERS else "Ref_Key"
    items = client.first(table, binding.entity, orderby)
    return f"{binding.entity} is readable" + ("" if items else ", and empty")


def _exchange(exchange: Exchange) -> str:
    sent, received = exchange.numbers()
    return f"{exchange.node} is there; message {sent} was sent, {received} confirmed"
