"""A record as a list or an address of amoCRM shows it: own address, and the parts asked for.

Belongs here: what `with=` adds and what is always embedded. Does not belong: choosing records
(`amocrm_query`), envelopes (`amocrm_answers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from demo.amocrm_account import Account
from demo.amocrm_answers import api_base, self_link
from demo.amocrm_links import Links
from demo.amocrm_lists import EVENTS, LEADS, NOTED, UNSORTED, USERS
from demo.amocrm_query import Collection, Record

if TYPE_CHECKING:
    from demo.store import Store

_BY_LINKS = {
    "contacts": ("leads", "customers"),
    "companies": ("contacts", "leads", "customers"),
}
"""Parts that are stored in the cards at the other end."""


class Items:
    """Shows records of a store; never changes them."""

    def __init__(self, store: Store, links: Links, account: Account) -> None:
        self._store = store
        self._links = links
        self._account = account

    def show(
        self,
        request: Request,
        collection: Collection,
        record: Record,
        extras: frozenset[str],
        suffix: str = "",
    ) -> Record:
        """`suffix` is the page's own query, which links of a list carry in live answers."""
        base = api_base(request)
        key = record["uid"] if collection is UNSORTED else record["id"]
        path = collection.path.format_map(record)
        links = self_link(f"{base}{path}/{key}{suffix}")
        if collection is LEADS and "only_deleted" in extras:
            shown = {name: record[name] for name in ("id", "updated_at", "updated_by")}
            return {**shown, "is_deleted": True, "_links": links}
        item = {**record, "_links": links}
        embedded = dict(record.get("_embedded") or {})
        if collection is LEADS:
            self._embed_in_lead(item, embedded, extras)
        elif collection is EVENTS:
            embedded["entity"] = _entity_of(record, base)
        elif collection is USERS:
            item["rights"], embedded = self._rights_of(record), self._embed_in_user(record, extras)
        for part in extras.intersection(_BY_LINKS.get(collection.path, ())):
            linked = self._links.of(collection.path, key, part)
            embedded[part] = [{"id": link["to_entity_id"]} for link in linked]
        for kind in NOTED:
            if kind in embedded:
                embedded[kind] = [
                    {**part, "_links": self_link(f"{base}{kind}/{part['id']}{suffix}")}
                    for part in embedded[kind]
                ]
        if embedded:
            item["_embedded"] = embedded
        return item

    def _embed_in_lead(self, item: Record, embedded: Record, extras: frozenset[str]) -> None:
        """Tags and companies always; contacts, products, the loss reason and `source_id` when
        asked.
        """
        embedded.setdefault("tags", [])
        embedded.setdefault("companies", [])
        contacts = embedded.pop("contacts", [])
        if "contacts" in extras:
            embedded["contacts"] = contacts
        if "catalog_elements" in extras:
            embedded["catalog_elements"] = self._store.products_of_leads.get(item["id"], [])
        if "loss_reason" in extras:
            reason = self._store.amocrm["loss_reasons"].get(item.get("loss_reason_id") or 0)
            embedded["loss_reason"] = [reason] if reason else []
        if "source_id" in extras:
            item.setdefault("source_id", None)
        else:
            item.pop("source_id", None)

    def _rights_of(self, user: Record) -> Record:
        rights: Record = user["rights"]
        if user["id"] == self._account.visible_to:
            return rights | {"is_admin": False}
        return rights

    def _embed_in_user(self, record: Record, extras: frozenset[str]) -> Record:
        embedded: Record = {}
        if "group" in extras:
            group = self._store.amocrm["groups"].get(record["rights"]["group_id"] or 0)
            embedded["groups"] = [{"id": group["id"], "name": group["name"]}] if group else []
        if "role" in extras:
            embedded["roles"] = []
        return embedded


def pipeline_item(request: Request, pipeline: Record) -> Record:
    """A pipeline with its statuses."""
    address = f"{api_base(request)}leads/pipelines/{pipeline['id']}"
    statuses = [
        {**status, "_links": self_link(f"{address}/statuses/{status['id']}")}
        for status in pipeline["_embedded"]["statuses"]
    ]
    return {**pipeline, "_links": self_link(address), "_embedded": {"statuses": statuses}}


def _entity_of(event: Record, base: str) -> Record:
    """What the event is about; its type is singular in events and plural in addresses."""
    kind = event["entity_type"]
    plural = "companies" if kind == "company" else f"{kind}s"
    return {"id": event["entity_id"], "_links": self_link(f"{base}{plural}/{event['entity_id']}")}
