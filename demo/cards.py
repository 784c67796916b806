"""What becomes of cards in the CRM besides the daily work: deleted, brought back, erased.

Acts like those of `story`, truth first: a contact or a company is no lead and no deal, so the
ledger does not change with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.store import Record

if TYPE_CHECKING:
    from demo.cast import Deal
    from demo.story import Story

_SINGULAR = {"contacts": "contact", "companies": "company"}


@dataclass
class Binned:
    """A deleted card (`kind` contacts or companies) and the deal it was taken off."""

    kind: str
    record: Record
    deal: Deal


def delete_card(story: Story, kind: str, card_id: int, deal: Deal) -> Binned:
    """A card goes to the bin and off the deal; an event tells, amoCRM has no list of such a bin."""
    record = story.world.store.amocrm[kind].pop(card_id)
    record["updated_at"], record["updated_by"] = story.t, deal.responsible
    for card in (deal.record, *story.world.store.amocrm["contacts"].values()):
        linked = card["_embedded"].get(kind, [])
        if any(link["id"] == card_id for link in linked):
            card["_embedded"][kind] = [link for link in linked if link["id"] != card_id]
            card["updated_at"], card["updated_by"] = story.t, deal.responsible
    story.event(f"{_SINGULAR[kind]}_deleted", _SINGULAR[kind], card_id, deal.responsible)
    return Binned(kind, record, deal)


def restore_card(story: Story, binned: Binned) -> None:
    """A card comes back from the bin, and onto its deal."""
    card, deal = binned.record, binned.deal
    card["updated_at"] = story.t
    story.world.store.amocrm[binned.kind][card["id"]] = card
    link = {"id": card["id"], "is_main": True} if binned.kind == "contacts" else {"id": card["id"]}
    deal.record["_embedded"][binned.kind].append(link)
    story.touch(deal, deal.responsible)
    name = _SINGULAR[binned.kind]
    story.event(f"{name}_restored", name, card["id"], deal.responsible)


def restore_deal(story: Story, deal: Deal) -> None:
    """A deal comes back from the bin and counts again."""
    deal.truth.excluded_reason = None
    if deal.enquiry is not None:
        deal.enquiry.excluded_reason = None
        deal.enquiry.intent_id = deal.truth.intent_id
    deal.record["is_deleted"] = False
    story.touch(deal, deal.responsible)
    del story.world.store.deleted_leads[deal.id]
    story.world.store.amocrm["leads"][deal.id] = deal.record
    story.event("lead_restored", "lead", deal.id, deal.responsible)


def erase_deal(story: Story, deal: Deal) -> None:
    """A deal is gone for good: it is in no list and no bin, and no event tells."""
    deal.truth.excluded_reason = "deleted_in_crm"
    if deal.enquiry is not None:
        deal.enquiry.excluded_reason = "deleted_in_crm"
        deal.enquiry.intent_id = None
    del story.world.store.amocrm["leads"][deal.id]
