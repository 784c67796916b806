"""Who is linked to whom in the CRM: the answers of `.../links`, and what `with=` embeds.

A link is stored once, in the card where people made it; here both of its ends are found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from demo.selections import Record, Selections

if TYPE_CHECKING:
    from demo.store import Store

SHOWN = {
    "leads": ("contacts", "companies", "catalog_elements"),
    "contacts": ("companies", "customers", "catalog_elements"),
    "companies": ("contacts", "leads", "customers", "catalog_elements"),
    "customers": ("contacts", "companies", "catalog_elements"),
}
"""The kinds `{entity}/links` lists; a contact's leads are not among them."""

Ends = dict[tuple[str, int], list[Record]]


class Links:
    """Answers about the links of a store, kept until the store changes."""

    def __init__(self, store: Store, selections: Selections) -> None:
        self._store = store
        self._selections = selections

    def of(self, kind: str, entity_id: int, *others: str) -> list[Record]:
        """The links of one card to cards of the other kinds, as `{to_entity_id, to_entity_type,
        metadata}`.
        """
        ends: Ends = self._selections.get("links", self._ends)
        return [
            link for link in ends.get((kind, entity_id), ()) if link["to_entity_type"] in others
        ]

    def _ends(self) -> Ends:
        ends: Ends = defaultdict(list)
        for kind, one, to_kind, to_one, metadata in self._made():
            there = {"to_entity_id": to_one, "to_entity_type": to_kind, "metadata": metadata}
            ends[kind, one].append(there)
            back = {"to_entity_id": one, "to_entity_type": kind, "metadata": None}
            ends[to_kind, to_one].append(back)
        return dict(ends)

    def _made(self) -> Iterator[tuple[str, int, str, int, Record | None]]:
        for kind in ("leads", "contacts", "customers"):
            for card in self._store.amocrm.get(kind, {}).values():
                embedded = card.get("_embedded", {})
                for contact in embedded.get("contacts", ()):
                    main = {"main_contact": contact.get("is_main", False)}
                    yield kind, card["id"], "contacts", contact["id"], main
                for firm in embedded.get("companies", ()):
                    yield kind, card["id"], "companies", firm["id"], None
        for lead_id, elements in self._store.products_of_leads.items():
            if lead_id in self._store.amocrm["leads"]:
                for element in elements:
                    yield "leads", lead_id, "catalog_elements", element["id"], element["metadata"]
