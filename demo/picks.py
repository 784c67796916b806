"""Which deal a happening picks: always one of an ordinary life, so that the planted faults stay
true.

Belongs here: choosing, and how a chosen one is named in an answer. Does not belong: what is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from demo import company, staff
from demo.cast import Deal
from demo.identity import RECORDS_A_STORY, STORIES_A_MONTH
from demo.world import FIRST_LIFE, World


class NothingFitsError(ValueError):
    """The world holds nothing the asked act could be done to."""


def is_of_a_life(record_id: int) -> bool:
    """Whether the record belongs to no planted fault."""
    return record_id // RECORDS_A_STORY % STORIES_A_MONTH >= FIRST_LIFE


def open_deals(world: World) -> Iterator[Deal]:
    """Deals somebody works on."""
    for deal in world.deals.values():
        truth = deal.truth
        if (
            truth.status == "open"
            and truth.excluded_reason is None
            and truth.pipeline_kind == "sales"
            and deal.record["pipeline_id"] == company.SALES
            and deal.responsible not in (company.NOBODY_ID, staff.SILENT)
            and is_of_a_life(deal.id)
        ):
            yield deal


def latest(deals: Iterable[Deal]) -> Deal:
    """The deal created last; NothingFitsError when there is none."""
    deal = max(deals, key=lambda one: (one.truth.created_at, one.id), default=None)
    if deal is None:
        raise NothingFitsError("No open deal fits: the demo company is too young or too small.")
    return deal


def about(deal: Deal) -> dict[str, Any]:
    """How an answer names a deal."""
    return {"deal_id": deal.id, "intent_id": deal.truth.intent_id}


def with_one_wish(world: World) -> Iterator[Deal]:
    """Open deals that are all their intent has left, and nothing was billed for."""
    for deal in open_deals(world):
        intent = deal.intent
        if (
            intent is not None
            and len(intent.enquiry_records) == len(intent.deal_ids) == 1
            and not deal.invoices
        ):
            yield deal


def of_one_time_customers(world: World) -> Iterator[Deal]:
    """Open deals without an invoice whose customer has no other deal."""
    deals = Counter(deal.person.customer.key for deal in world.deals.values())
    for deal in open_deals(world):
        if deals[deal.person.customer.key] == 1 and not deal.invoices:
            yield deal
