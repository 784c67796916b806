"""Things a visitor makes happen in the books that a client of 1C has to get right: documents
posted, taken back, marked, dated elsewhere, edited long after, erased without a trace.

The rules of `happen` hold here. Money is taken only from customers who have wished once, so that
nobody's later wish turns from repeat to new, and only where the breakdown names the invoice, so
that the deal is the same whatever the date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from demo import accounting_records as books
from demo import company, identity
from demo.cast import Invoice
from demo.ledger import PaymentTruth
from demo.moscow import DAY, local_text
from demo.picks import NothingFitsError, about, is_of_a_life
from demo.store import Record
from demo.story import Story
from demo.world import World

LATE_DAYS = 40
"""So late a payment is written down."""
FAR_DAYS = 200
"""So far back a document is dated: outside of what a client reads again every time."""


def _payment(world: World, story: Story) -> dict[str, Any]:
    invoice = _unpaid_invoice(world)
    payment = story.books.pay(invoice, invoice.unpaid)
    return _about_money(world, payment) | {"invoice_number": invoice.number}


def _late_payment(world: World, story: Story) -> dict[str, Any]:
    """A payment of weeks ago is written down today, under its own date."""
    invoice = _unpaid_invoice(world)
    payment = story.books.pay(invoice, invoice.unpaid, dated=story.t - LATE_DAYS * DAY)
    return _about_money(world, payment) | {"invoice_number": invoice.number}


def _cash_payment(world: World, story: Story) -> dict[str, Any]:
    """A customer pays in cash; 1C writes a cash order and no bank document."""
    paid = partial(books.cash_order, kind=company.CUSTOMER_PAYS, reason="Оплата товаров")
    return _paid_otherwise(world, story, books.CASH_RECEIPTS, paid)


def _card_payment(world: World, story: Story) -> dict[str, Any]:
    """A customer pays by card."""
    paid = partial(books.card_operation, kind=company.CUSTOMER_PAYS)
    return _paid_otherwise(world, story, books.CARD_OPERATIONS, paid)


def _paid_otherwise(
    world: World, story: Story, entity: str, document: Callable[..., Record]
) -> dict[str, Any]:
    invoice = _unpaid_invoice(world)
    customer = invoice.deal.person.customer
    key, deal_id = identity.guid(story.rng), invoice.deal.id
    payment = PaymentTruth(
        key, entity, story.t, invoice.unpaid, "breakdown", deal_id, expected_deal_id=deal_id
    )
    world.ledger.payments[key] = payment
    customer.has_paid, invoice.unpaid = True, 0
    world.store.onec[entity][key] = document(
        key=key,
        number=f"0000-{world.happenings:06d}",
        at=story.t,
        counterparty_key=story.books.key_of(customer),
        kopecks=payment.kopecks,
        parts=[(invoice.key, payment.kopecks)],
    )
    return _about_money(world, payment) | {"invoice_number": invoice.number}


def _unpost(world: World, story: Story) -> dict[str, Any]:
    payment = _latest(world)
    story.books.unpost(payment)
    return _about_money(world, payment)


def _repost(world: World, story: Story) -> dict[str, Any]:
    """What was taken back or marked for deletion counts again."""
    payment = _latest(world, counts=False)
    record = _record(world, payment)
    record["Posted"], record["DeletionMark"] = True, False
    payment.is_posted, payment.is_deleted = True, False
    books.touch(record, story.t)
    return _about_money(world, payment)


def _mark_for_deletion(world: World, story: Story) -> dict[str, Any]:
    """1C takes a document back when it marks it."""
    payment = _latest(world)
    record = _record(world, payment)
    record["Posted"], record["DeletionMark"] = False, True
    payment.is_posted, payment.is_deleted = False, True
    books.touch(record, story.t)
    return _about_money(world, payment)


def _back_date(world: World, story: Story) -> dict[str, Any]:
    """A fresh payment turns out to belong to a time long closed."""
    payment = _latest(world)
    return _date_anew(world, story, payment, payment.paid_at - FAR_DAYS * DAY)


def _bring_forward(world: World, story: Story) -> dict[str, Any]:
    """The oldest payment gets the date of today."""
    return _date_anew(world, story, _oldest(world), story.t)


def _date_anew(world: World, story: Story, payment: PaymentTruth, at: int) -> dict[str, Any]:
    record = _record(world, payment)
    before, record["Date"] = record["Date"], local_text(at)
    payment.paid_at = at
    books.touch(record, story.t)
    return _about_money(world, payment) | {"date_before": before, "date_after": record["Date"]}


def _edit_old_document(world: World, story: Story) -> dict[str, Any]:
    """Somebody comments on the oldest payment; its date tells nothing of it."""
    payment = _oldest(world)
    record = _record(world, payment)
    record["Комментарий"] = f"Сверено {story.t}"
    books.touch(record, story.t)
    return _about_money(world, payment)


def _erase_document(world: World, story: Story) -> dict[str, Any]:
    """A payment is removed for good: no mark, no version, nothing."""
    payment = _latest(world)
    del world.store.onec[payment.entity][payment.ref_key]
    del world.ledger.payments[payment.ref_key]
    return _about_money(world, payment)


def _rename_counterparty(world: World, story: Story) -> dict[str, Any]:
    """The payer of the latest payment has a new name, in the books only."""
    payment = _latest(world)
    key = _record(world, payment)["Контрагент"]
    record = world.store.onec[books.COUNTERPARTIES][key]
    record["Description"] = record["НаименованиеПолное"] = f"{record['Description']} (новое)"
    books.touch(record, story.t)
    return {"counterparty_key": key, "name": record["Description"]}


BOOK_HAPPENINGS: dict[str, Callable[[World, Story], dict[str, Any]]] = {
    "payment": _payment,
    "late_payment": _late_payment,
    "cash_payment": _cash_payment,
    "card_payment": _card_payment,
    "unpost": _unpost,
    "repost": _repost,
    "mark_for_deletion": _mark_for_deletion,
    "back_date": _back_date,
    "bring_forward": _bring_forward,
    "edit_old_document": _edit_old_document,
    "erase_document": _erase_document,
    "rename_counterparty": _rename_counterparty,
}


def _unpaid_invoice(world: World) -> Invoice:
    """The latest invoice of a won deal nothing was paid for yet."""
    waiting = [
        deal
        for deal in world.deals.values()
        if deal.truth.status == "won"
        and is_of_a_life(deal.id)
        and deal.invoices
        and deal.invoices[0].unpaid == deal.invoices[0].kopecks
    ]
    if not waiting:
        raise NothingFitsError("No unpaid invoice of a won deal: the demo company is too young.")
    return max(waiting, key=lambda deal: (deal.truth.won_at or 0, deal.id)).invoices[0]


def _latest(world: World, *, counts: bool = True) -> PaymentTruth:
    return max(_fitting(world, counts), key=_place)


def _oldest(world: World) -> PaymentTruth:
    return min(_fitting(world, counts=True), key=_place)


def _place(payment: PaymentTruth) -> tuple[int, str]:
    return payment.paid_at, payment.ref_key


def _fitting(world: World, counts: bool) -> list[PaymentTruth]:
    """Bank payments an act may touch, as the module's docstring says; at least one."""
    wishes = Counter(intent.customer_key for intent in world.ledger.intents.values())
    fitting = [
        payment
        for payment in world.ledger.payments.values()
        if payment.counts == counts
        and payment.is_sales_money
        and payment.entity == books.RECEIPTS
        and payment.evidence == "breakdown"
        and payment.expected_deal_id is not None
        and is_of_a_life(payment.expected_deal_id)
        and wishes[world.deals[payment.expected_deal_id].person.customer.key] == 1
    ]
    if not fitting:
        raise NothingFitsError(
            "No payment could be taken back: the demo company is too young."
            if counts
            else "No payment was taken back, so none can come back."
        )
    return fitting


def _record(world: World, payment: PaymentTruth) -> Record:
    return world.store.onec[payment.entity][payment.ref_key]


def _about_money(world: World, payment: PaymentTruth) -> dict[str, Any]:
    assert payment.expected_deal_id is not None
    return about(world.deals[payment.expected_deal_id]) | {
        "payment_ref_key": payment.ref_key,
        "amount": payment.kopecks / 100,
        "is_posted": payment.is_posted,
    }
