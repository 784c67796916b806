"""The lead rule, written from the agreed meaning of enquiry, lead and deal by one who had not seen
its SQL, to hold the SQL against it. Short and slow on purpose: it must be right by reading it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

RANKS = (
    "new",
    "contacted",
    "qualified",
    "proposal_sent",
    "negotiation",
    "contract",
    "invoice_sent",
    "won",
)
FAR_FUTURE = datetime.max.replace(tzinfo=UTC)
WINDOW = {"lost": timedelta(days=30), "no deal": timedelta(days=30), "won": timedelta(0)}


@dataclass(frozen=True)
class Enquiry:
    enquiry_id: str
    person_id: str
    customer_id: str
    created_at: datetime
    is_inbound: bool = True
    excluded_reason: str | None = None
    deal_ids: tuple[str, ...] = ()
    declined_at: datetime | None = None


@dataclass(frozen=True)
class Deal:
    """A deal of a sales pipeline. ``stages`` are its stays there as (entered_at, meaning) in their
    order; a meaning is one of RANKS or ``lost``. ``merged_into`` is the deal that took it over."""

    deal_id: str
    created_at: datetime
    stages: tuple[tuple[datetime, str], ...] = ()
    excluded_reason: str | None = None
    merged_into: str | None = None

    @property
    def status(self) -> str:
        last = self.stages[-1][1] if self.stages else "new"
        return last if last in ("won", "lost") else "open"

    @property
    def closed_at(self) -> datetime:
        """When the present final stage was entered. Only of a deal that is not open."""
        return self.stages[-1][0]

    @property
    def was_qualified(self) -> bool:
        return any(meaning in RANKS[RANKS.index("qualified") :] for _, meaning in self.stages)


@dataclass(frozen=True)
class Payment:
    """A movement of money that counts; a refund is negative."""

    customer_id: str
    paid_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class Lead:
    lead_id: str
    enquiry_ids: tuple[str, ...]
    primary_deal_id: str | None
    lead_kind: str
    is_qualified: bool
    won_at: datetime | None  # when the first of its deals was


def leads_of(
    enquiries: Iterable[Enquiry], deals: Iterable[Deal], payments: Sequence[Payment]
) -> list[Lead]:
    """Every lead, by person and then in the order in which the leads started."""
    by_id = {deal.deal_id: deal for deal in deals}
    counted = sorted(
        (e for e in enquiries if e.is_inbound and e.excluded_reason is None),
        key=lambda e: (e.person_id, e.created_at, e.enquiry_id),
    )
    leads = []
    for _, of_person in groupby(counted, key=lambda e: e.person_id):
        for members in grouped(list(of_person), by_id, payments):
            its_deals = deals_of(members, by_id)
            first = members[0]
            leads.append(
                Lead(
                    lead_id=first.enquiry_id,
                    enquiry_ids=tuple(e.enquiry_id for e in members),
                    primary_deal_id=primary(its_deals),
                    lead_kind="repeat" if has_paid(first, payments) else "new",
                    is_qualified=any(deal.was_qualified for deal in its_deals),
                    won_at=min((d.closed_at for d in its_deals if d.status == "won"), default=None),
                )
            )
    return leads


def grouped(
    enquiries: Sequence[Enquiry], by_id: dict[str, Deal], payments: Sequence[Payment]
) -> list[list[Enquiry]]:
    """One person's enquiries, in order, split where a lead starts."""
    leads: list[list[Enquiry]] = []
    covered_until: datetime | None = None
    taken: set[str] = set()  # deals of earlier enquiries, which are no later enquiry's own
    for enquiry in enquiries:
        deal_ids = {deal.deal_id for deal in deals_of([enquiry], by_id)}
        bought_before = has_paid(enquiry, payments) and bool(deal_ids - taken)
        if covered_until is None or enquiry.created_at > covered_until or bought_before:
            leads.append([])
        leads[-1].append(enquiry)
        until = span_end(enquiry, by_id)
        covered_until = until if covered_until is None else max(covered_until, until)
        taken |= deal_ids
    return leads


def span_end(enquiry: Enquiry, by_id: dict[str, Deal]) -> datetime:
    """The last instant that the enquiry covers, its window included."""
    deals = deals_of([enquiry], by_id)
    if any(deal.status == "open" for deal in deals):
        return FAR_FUTURE
    if deals:
        last = max(deals, key=lambda deal: (deal.closed_at, deal.status == "won"))
        return last.closed_at + WINDOW[last.status]
    return (enquiry.declined_at or enquiry.created_at) + WINDOW["no deal"]


def deals_of(enquiries: Iterable[Enquiry], by_id: dict[str, Deal]) -> list[Deal]:
    """The enquiries' deals in order of creation: the survivor of merged ones, none excluded."""
    found = {survivor(deal_id, by_id) for e in enquiries for deal_id in e.deal_ids}
    counted = [deal for deal in found if deal.excluded_reason is None]
    return sorted(counted, key=lambda deal: (deal.created_at, deal.deal_id))


def survivor(deal_id: str, by_id: dict[str, Deal]) -> Deal:
    deal = by_id[deal_id]
    while deal.merged_into is not None:
        deal = by_id[deal.merged_into]
    return deal


def primary(deals: Sequence[Deal]) -> str | None:
    """The deal won first, else the latest open one, else the latest."""
    latest_first = list(reversed(deals))
    won = [deal for deal in latest_first if deal.status == "won"]
    still_open = [deal for deal in latest_first if deal.status == "open"]
    if won:
        return min(won, key=lambda deal: deal.closed_at).deal_id
    return next((deal.deal_id for deal in [*still_open, *latest_first]), None)


def has_paid(enquiry: Enquiry, payments: Iterable[Payment]) -> bool:
    """Whether the enquiry's customer had paid before it; a refund is no payment and undoes none."""
    return any(
        payment.customer_id == enquiry.customer_id
        and payment.paid_at < enquiry.created_at
        and payment.amount > 0
        for payment in payments
    )
