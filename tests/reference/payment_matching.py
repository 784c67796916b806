"""The rule that matches payments to deals, written from its agreed text by one who had not seen
its SQL, to hold the SQL against it. Short and slow on purpose: it must be right by reading it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

RECENT = timedelta(days=90)
ZERO = Decimal(0)

Verdict = Literal["several"] | None


@dataclass(frozen=True)
class Deal:
    """A candidate by its status: neither lost nor excluded."""

    deal_id: str
    customer_id: str
    person_id: str | None
    created_at: datetime
    created_date: date
    due_amount: Decimal


@dataclass(frozen=True)
class Naming:
    """A deal that a payment's documents name; the amount has the sign of the payment."""

    deal_id: str
    named_amount: Decimal
    rule: int


@dataclass(frozen=True)
class Payment:
    """A movement of money that counts; a refund is negative. The namings are all of one rule and
    each of another deal, which need not be a candidate. ``person_ids`` are the persons whose phone
    or e-mail the payer has."""

    payment_id: str
    customer_id: str
    paid_at: datetime
    paid_date: date
    amount: Decimal
    namings: tuple[Naming, ...] = ()
    person_ids: frozenset[str] = frozenset()

    @property
    def has_tax_number(self) -> bool:
        return self.customer_id.startswith("tax:")


@dataclass(frozen=True)
class Allocation:
    """Never of zero: a deal that gets nothing has none."""

    payment_id: str
    deal_id: str
    amount: Decimal
    rule: int


@dataclass(frozen=True)
class Matching:
    allocations: list[Allocation]
    verdicts: dict[str, Verdict]  # of every payment, by its id


@dataclass(frozen=True)
class Awaiting:
    """A candidate for inference: a deal that exists at the payment and still awaits money."""

    deal: Deal
    outstanding: Decimal


def matching_of(payments: Iterable[Payment], deals: Sequence[Deal]) -> Matching:
    """Takes the payments one by one; what one was allocated, those after it find paid."""
    allocations: list[Allocation] = []
    verdicts: dict[str, Verdict] = {}
    for payment in sorted(payments, key=lambda p: (p.paid_at, p.payment_id)):
        if payment.namings:
            new, verdict = by_documents(payment, deals)
        elif payment.amount > 0:
            new, verdict = inferred(payment, awaiting(payment, deals, allocations))
        else:
            new, verdict = [], None
        allocations += new
        verdicts[payment.payment_id] = verdict
    return Matching(allocations, verdicts)


def by_documents(payment: Payment, deals: Iterable[Deal]) -> tuple[list[Allocation], Verdict]:
    """Rules 0 to 2: what the documents name, of the candidates, whether or not they are paid."""
    candidate_ids = {deal.deal_id for deal in deals}
    named = sorted(
        (naming for naming in payment.namings if naming.deal_id in candidate_ids),
        key=lambda naming: naming.deal_id,
    )
    if len(named) > 1 and named[0].rule == 2:
        return [], "several"
    allocations = []
    left = payment.amount
    for naming in named:
        if payment.amount > 0:
            amount = max(ZERO, min(naming.named_amount, left))
        else:
            amount = min(ZERO, max(naming.named_amount, left))
        allocations += allocation(payment, naming.deal_id, amount, naming.rule)
        left -= naming.named_amount  # in full, even if it got less
    return allocations, None


def awaiting(
    payment: Payment, deals: Iterable[Deal], allocations_before: Sequence[Allocation]
) -> list[Awaiting]:
    """The candidates for inference. Of the allocations before, refunds are negative."""
    found = []
    for deal in deals:
        paid = sum((a.amount for a in allocations_before if a.deal_id == deal.deal_id), ZERO)
        outstanding = deal.due_amount - paid
        if deal.created_at <= payment.paid_at and outstanding > 0:
            found.append(Awaiting(deal, outstanding))
    return found


def inferred(payment: Payment, candidates: Sequence[Awaiting]) -> tuple[list[Allocation], Verdict]:
    """Rules 3 to 5: by the payer's tax number, and only if that gives no candidate, by contacts."""
    of_payer = [
        candidate
        for candidate in candidates
        if payment.has_tax_number and candidate.deal.customer_id == payment.customer_id
    ]
    if of_payer:
        equal = [candidate for candidate in of_payer if candidate.outstanding == payment.amount]
        if equal:
            return the_only_one(payment, equal, rule=3)
        return the_only_one(payment, recent(payment, of_payer), rule=4)
    of_persons = [
        candidate for candidate in candidates if candidate.deal.person_id in payment.person_ids
    ]
    return the_only_one(payment, recent(payment, of_persons), rule=5)


def recent(payment: Payment, candidates: Iterable[Awaiting]) -> list[Awaiting]:
    """Those created within 90 days before the payment, by business dates, the 90th included."""
    since = payment.paid_date - RECENT
    return [candidate for candidate in candidates if candidate.deal.created_date >= since]


def the_only_one(
    payment: Payment, candidates: Sequence[Awaiting], rule: int
) -> tuple[list[Allocation], Verdict]:
    """The one candidate gets what it awaits or what there is; of several, none gets anything."""
    if len(candidates) > 1:
        return [], "several"
    if not candidates:
        return [], None
    (only,) = candidates
    amount = min(only.outstanding, payment.amount)
    return allocation(payment, only.deal.deal_id, amount, rule), None


def allocation(payment: Payment, deal_id: str, amount: Decimal, rule: int) -> list[Allocation]:
    return [Allocation(payment.payment_id, deal_id, amount, rule)] if amount else []
