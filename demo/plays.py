"""The planted difficulties as short plays: who asks, calls and pays on which day.

Each has people, customers and amounts of its own, far from any borderline. Belongs here: the plays
and the acts they share. Does not belong: what a right warehouse shows for them (`scenarios`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo import company, staff
from demo.accounting_records import RECEIPTS
from demo.cast import Deal, Invoice, Person
from demo.identity import guid, mobile
from demo.ledger import PaymentTruth
from demo.moscow import MINUTE
from demo.story import Story

Records = dict[str, list[Any]]


def _manager(story: Story) -> int:
    return staff.NEUTRAL[(story.index + story.month) % len(staff.NEUTRAL)]


def _ask(
    story: Story,
    person: Person,
    channel: str = "organic_search",
    *,
    budget: int = 0,
    style: int = 0,
    responsible: int | None = None,
    city: str | None = "Москва",
) -> Deal:
    """A first enquiry with a wish of its own."""
    source = company.CHANNELS[channel]
    return story.enquire(
        person,
        source,
        story.want(person, source),
        responsible=_manager(story) if responsible is None else responsible,
        budget=budget,
        style=style,
        city=city,
    )


def _ask_again(story: Story, deal: Deal, *, budget: int = 0, style: int = 0) -> Deal:
    """The same wish once more: the form fills a new card and a new deal."""
    return story.enquire(
        deal.person,
        company.CHANNELS["organic_search"],
        deal.intent,
        responsible=deal.responsible,
        budget=budget,
        new_card=True,
        style=style,
    )


def _work(story: Story, deal: Deal, day: int) -> None:
    """The manager calls, takes and qualifies the deal within two days."""
    story.day(day, 12)
    story.call_out(deal, 180)
    story.move(deal, company.TAKEN)
    story.day(day + 1)
    story.move(deal, company.QUALIFIED)
    story.write_note(deal)


def _sell(story: Story, deal: Deal, day: int, kopecks: int) -> Invoice:
    """Worked, proposed, invoiced and won within a week."""
    invoice = _invoice(story, deal, day, kopecks)
    story.day(day + 6, 15)
    story.win(deal)
    return invoice


def _invoice(story: Story, deal: Deal, day: int, kopecks: int) -> Invoice:
    _work(story, deal, day)
    story.day(day + 3)
    story.move(deal, company.PROPOSAL_SENT)
    story.day(day + 5)
    story.move(deal, company.INVOICE_SENT)
    return story.books.bill(deal, kopecks)


def _seen(*deals: Deal, payments: Sequence[PaymentTruth] = (), **more: list[Any]) -> Records:
    """Ids of the records a reader looks up; enquiries by their main record."""
    return {
        "deals": [deal.id for deal in deals],
        "enquiries": [deal.enquiry.record for deal in deals if deal.enquiry is not None],
        "payments": [payment.ref_key for payment in payments],
        **more,
    }


# One event, one person, one wish


def one_event_three_records(story: Story) -> Records:
    story.day(3)
    deal = _ask(story, story.someone(), "phone", budget=70_000)
    _work(story, deal, 3)
    story.day(20)
    story.lose(deal, company.TOO_EXPENSIVE)
    assert deal.enquiry is not None
    return _seen(deal, left=list(deal.enquiry.records))


def three_spellings(story: Story) -> Records:
    story.day(4)
    person = story.someone(private=True)
    first = _ask(story, person, budget=40_000, style=1)
    _work(story, first, 5)
    doubles = []
    for day, style in ((8, 2), (12, 3)):
        story.day(day)
        double = _ask_again(story, first, style=style)
        doubles.append(double)
        story.now(story.t + 40 * MINUTE)
        story.lose(double, company.OTHER_REASON)
    invoice = _sell(story, first, 14, 40_000_37)
    story.day(24)
    payment = story.books.pay(invoice, 40_000_37)
    return _seen(first, *doubles, payments=[payment], contacts=list(person.contact_ids))


def merged_contact(story: Story) -> Records:
    story.day(5)
    person = story.someone()
    first = _ask(story, person, budget=90_000)
    _work(story, first, 6)
    survivor = person.contact_ids[0]
    person.phone, person.email = mobile(story.serial, 7), f"second.{person.email}"
    story.day(9)
    second = _ask_again(story, first)
    loser = person.contact_ids[-1]
    story.day(9, 14)
    event = story.merge_cards(person, survivor, loser, _manager(story))
    story.day(10)
    story.lose(second, company.OTHER_REASON)
    _sell(story, first, 11, 90_000_11)
    return _seen(first, second, contacts=[survivor], merged_contacts=[loser], events=[event])


def missed_call(story: Story) -> Records:
    story.day(6)
    intent = story.missed_call(story.someone(private=True), _manager(story))
    return _seen(intents=[intent.intent_id]) | {"enquiries": list(intent.enquiry_records)}


def repeat_customer(story: Story) -> Records:
    story.day(2)
    person = story.someone()
    first = _ask(story, person, budget=60_000)
    invoice = _sell(story, first, 2, 60_000_21)
    story.day(11)
    paid_first = story.books.pay(invoice, 60_000_21)
    story.day(25)
    second = _ask(story, person, "phone", budget=80_000)
    invoice = _sell(story, second, 25, 80_000_43)
    story.day(36)
    paid_second = story.books.pay(invoice, 80_000_43)
    return _seen(first, second, payments=[paid_first, paid_second])


def further_won_deal(story: Story) -> Records:
    story.day(3)
    first = _ask(story, story.someone(), budget=50_000)
    _work(story, first, 3)
    story.day(6)
    second = _ask_again(story, first, budget=30_000)
    one = _sell(story, first, 8, 50_000_19)
    other = _sell(story, second, 15, 30_000_83)
    story.day(25)
    paid_first = story.books.pay(one, 50_000_19)
    story.day(26)
    paid_second = story.books.pay(other, 30_000_83)
    return _seen(first, second, payments=[paid_first, paid_second])


# What does not count


def deleted_deal(story: Story) -> Records:
    story.day(7)
    deal = _excluded(story, story.someone(private=True), "deleted_in_crm")
    story.day(8)
    story.delete(deal, _manager(story))
    return _seen(deal)


def spam_by_tag(story: Story) -> Records:
    story.day(8)
    deal = _excluded(story, story.someone(private=True), "spam", tag=company.SPAM_TAG)
    return _seen(deal)


def spam_by_reason(story: Story) -> Records:
    story.day(9)
    deal = _excluded(story, story.someone(private=True), "spam")
    story.lose(deal, company.SPAM_REASON)
    return _seen(deal)


def test_lead(story: Story) -> Records:
    story.day(10)
    return _seen(_excluded(story, story.someone(private=True), "test", tag=company.TEST_TAG))


def own_employee(story: Story) -> Records:
    story.day(11)
    person = story.someone(private=True)
    person.email = company.MANAGERS[story.month % len(company.MANAGERS)].email.upper()
    deal = _excluded(story, person, "own_employee")
    story.lose(deal, company.OTHER_REASON)
    return _seen(deal)


def not_a_buyer(story: Story) -> Records:
    story.day(12)
    deal = _excluded(story, story.someone(private=True), "not_a_buyer")
    story.lose(deal, company.NOT_OUR_CLIENT)
    return _seen(deal)


def _excluded(story: Story, person: Person, reason: str, tag: str | None = None) -> Deal:
    return story.enquire(
        person,
        company.CHANNELS["yandex_direct"],
        None,
        responsible=_manager(story),
        budget=0,
        tags=[tag] if tag else [],
        excluded=reason,
    )


# Deals off the straight road


def free_text_cities(story: Story) -> Records:
    deals = []
    for day, city in enumerate(("Мск", "Масква", "г. Москва", "москва "), start=10):
        story.day(day)
        deal = _ask(story, story.someone(private=True), city=city)
        deals.append(deal)
        story.now(story.t + 15 * MINUTE)
        story.move(deal, company.TAKEN)
    for deal in deals:
        story.day(21)
        story.lose(deal, company.OUT_OF_STOCK)
    return _seen(*deals)


def warmed_after_loss(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=55_000)
    _work(story, deal, 4)
    story.day(15)
    story.lose(deal, company.POSTPONED)
    story.day(18)
    story.move(deal, company.WARMING_WAITS, pipeline=company.WARMING)
    return _seen(deal)


def warmed_while_open(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=65_000)
    _work(story, deal, 5)
    story.day(14)
    story.move(deal, company.WARMING_READY, pipeline=company.WARMING)
    return _seen(deal)


def service_request(story: Story) -> Records:
    story.day(2)
    person = story.someone()
    deal = _ask(story, person, budget=45_000)
    invoice = _sell(story, deal, 2, 45_000_29)
    story.day(11)
    payment = story.books.pay(invoice, 45_000_29)
    story.day(20)
    manager = _manager(story)
    request = story.new_deal(
        person,
        company.CHANNELS["(blank)"],
        None,
        stage=(company.SERVICE, company.SERVICE_OPENED),
        responsible=manager,
        author=manager,
        budget=0,
        company_id=person.customer.company_id,
        name="Рекламация: не тот артикул",
    )
    story.day(21)
    story.move(request, company.SERVICE_WORKING)
    story.day(23)
    story.win(request)
    return _seen(deal, payments=[payment], service_deals=[request.id])


def outbound_won(story: Story) -> Records:
    story.day(6)
    person = story.someone()
    deal = story.enquire(
        person, company.CHANNELS["outbound"], None, responsible=_manager(story), budget=110_000
    )
    invoice = _sell(story, deal, 6, 110_000_57)
    story.day(16)
    return _seen(deal, payments=[story.books.pay(invoice, 110_000_57)])


def upsell_won(story: Story) -> Records:
    story.day(2)
    person = story.someone()
    first = _ask(story, person, budget=75_000)
    invoice = _sell(story, first, 2, 75_000_61)
    story.day(11)
    paid_first = story.books.pay(invoice, 75_000_61)
    story.day(20)
    upsell = story.enquire(
        person,
        company.UPSELL_CHANNEL,
        None,
        responsible=_manager(story),
        budget=25_000,
        tags=[company.UPSELL_TAG],
    )
    invoice = _sell(story, upsell, 20, 25_000_67)
    story.day(30)
    paid_upsell = story.books.pay(invoice, 25_000_67)
    return _seen(first, upsell, payments=[paid_first, paid_upsell])


def unassigned(story: Story) -> Records:
    story.day(7)
    deal = _ask(story, story.someone(private=True), responsible=company.NOBODY_ID)
    story.day(17)
    story.lose(deal, company.NO_ANSWER, author=company.HEAD_OF_SALES_ID)
    return _seen(deal)


def unworked(story: Story) -> Records:
    story.day(8)
    deal = _ask(story, story.someone(private=True))
    story.day(27)
    story.lose(deal, company.NO_ANSWER, author=company.ROBOT_ID)
    return _seen(deal)


# Money


def partial_payment(story: Story) -> Records:
    story.day(3)
    deal = _ask(story, story.someone(), budget=120_000)
    invoice = _sell(story, deal, 3, 120_000_45)
    story.day(14)
    return _seen(deal, payments=[story.books.pay(invoice, 48_000_18)])


def refund_in_part(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=100_000)
    invoice = _sell(story, deal, 4, 100_000_31)
    story.day(14)
    paid = story.books.pay(invoice, 100_000_31)
    story.day(22)
    return _seen(deal, payments=[paid, story.books.refund(invoice, 20_000_00)])


def refund_in_full(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=35_000)
    invoice = _sell(story, deal, 5, 35_000_71)
    story.day(15)
    paid = story.books.pay(invoice, 35_000_71)
    story.day(25)
    return _seen(deal, payments=[paid, story.books.refund(invoice, 35_000_71)])


def purpose_names_invoice(story: Story) -> Records:
    story.day(6)
    deal = _ask(story, story.someone(), budget=130_000)
    invoice = _sell(story, deal, 6, 130_000_23)
    story.day(16)
    first = story.books.pay(invoice, 60_000_00, "purpose", style=0)
    story.day(23)
    return _seen(deal, payments=[first, story.books.pay(invoice, 70_000_23, "purpose", style=3)])


def tax_and_amount(story: Story) -> Records:
    story.day(6)
    deal = _ask(story, story.someone(), budget=184_237)
    invoice = _sell(story, deal, 6, 184_237_00)
    story.day(17)
    return _seen(deal, payments=[story.books.pay(invoice, 184_237_00, "tax_and_amount")])


def tax_number_only(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=91_000)
    invoice = _sell(story, deal, 5, 91_000_13)
    story.day(18)
    return _seen(deal, payments=[story.books.pay(invoice, 40_000_00, "tax_number")])


def phone_only(story: Story) -> Records:
    story.day(7)
    deal = _ask(story, story.someone(private=True), budget=23_000)
    invoice = _sell(story, deal, 7, 23_000_57)
    story.day(19)
    return _seen(deal, payments=[story.books.pay(invoice, 23_000_57, "contacts")])


def matches_nothing(story: Story) -> Records:
    story.day(13)
    truth = PaymentTruth(
        guid(story.rng), RECEIPTS, story.t, 77_777_77, "none", None, None, "nothing_fits"
    )
    payer = story.firm(1)
    payment = story.books.bank(
        payer, 77_777_77, truth, company.CUSTOMER_PAYS, "Предоплата за материалы"
    )
    return _seen(payments=[payment])


def fits_two_deals(story: Story) -> Records:
    story.day(3)
    person = story.someone()
    first = _ask(story, person, budget=64_000)
    story.day(4)
    second = _ask(story, story.colleague(person), budget=64_000)
    invoice = _sell(story, first, 5, 64_000_00)
    _sell(story, second, 12, 64_000_00)
    story.day(24)
    return _seen(first, second, payments=[story.books.pay(invoice, 64_000_00, "ambiguous")])


def unposted(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=58_000)
    invoice = _sell(story, deal, 4, 58_000_91)
    story.day(14)
    payment = story.books.pay(invoice, 58_000_91)
    story.day(18)
    story.books.unpost(payment)
    return _seen(deal, payments=[payment])


def back_dated(story: Story) -> Records:
    story.day(2)
    deal = _ask(story, story.someone(), budget=83_000)
    invoice = _sell(story, deal, 2, 83_000_13)
    story.day(12)
    dated = story.t
    story.day(26)
    return _seen(deal, payments=[story.books.pay(invoice, 83_000_13, dated=dated)])


def won_never_paid(story: Story) -> Records:
    story.day(9)
    deal = _ask(story, story.someone(), budget=47_000)
    _sell(story, deal, 9, 47_000_53)
    return _seen(deal)


def won_then_paid_next_month(story: Story) -> Records:
    story.day(15)
    deal = _ask(story, story.someone(), budget=95_000)
    invoice = _sell(story, deal, 16, 95_000_77)
    story.day(40)
    return _seen(deal, payments=[story.books.pay(invoice, 95_000_77)])


def paid_while_open(story: Story) -> Records:
    story.day(10)
    deal = _ask(story, story.someone(), budget=52_000)
    invoice = _invoice(story, deal, 10, 52_000_39)
    story.day(20)
    return _seen(deal, payments=[story.books.pay(invoice, 52_000_39)])
