"""The planted difficulties: a table of short plays with the outcome written beside each by hand.

Each is told every third month, on fixed days, with people, customers and amounts of its own, far
from any borderline. Belongs here: the plays, what a right warehouse shows for them in words, and
the same in numbers. Does not belong: anything computed: no number in the table comes from code.

`values` speak about the records of one telling only:
    leads, kinds (of the leads), deals {status: n} and excluded {reason: n} (sales deals), payments
    and revenue (roubles, refunds negative; money that counts), unmatched (roubles of it that
    belong to no deal), unassigned, unworked (deals).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from demo import company, staff
from demo.accounting_records import RECEIPTS
from demo.cast import Deal, Invoice, Person
from demo.identity import guid, mobile
from demo.ledger import Fault, PaymentTruth
from demo.moscow import MINUTE, month_name
from demo.story import Story

Records = dict[str, list[Any]]


@dataclass(frozen=True)
class Scenario:
    """A play and its expected outcome."""

    name: str
    play: Callable[[Story], Records]
    expected: str
    values: dict[str, Any]

    def tellings_in(self, month: int, place: int, faults: int) -> int:
        """Every third month, neighbours in the table in different ones; `faults` times as often."""
        turn = month + place
        return faults * (turn + 3) // 3 - faults * (turn + 2) // 3


def tell_scenario(scenario: Scenario, story: Story) -> Fault | None:
    """Play it; the fault, once it has played out."""
    records = story.tell(scenario.play)
    if records is None:
        return None
    return Fault(
        scenario.name, month_name(story.month), scenario.expected, scenario.values, records
    )


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


def _one_event_three_records(story: Story) -> Records:
    story.day(3)
    deal = _ask(story, story.someone(), "phone", budget=70_000)
    _work(story, deal, 3)
    story.day(20)
    story.lose(deal, company.TOO_EXPENSIVE)
    assert deal.enquiry is not None
    return _seen(deal, left=list(deal.enquiry.records))


def _three_spellings(story: Story) -> Records:
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


def _merged_contact(story: Story) -> Records:
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


def _missed_call(story: Story) -> Records:
    story.day(6)
    intent = story.missed_call(story.someone(private=True), _manager(story))
    return _seen(intents=[intent.intent_id]) | {"enquiries": list(intent.enquiry_records)}


def _repeat_customer(story: Story) -> Records:
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


def _further_won_deal(story: Story) -> Records:
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


def _deleted_deal(story: Story) -> Records:
    story.day(7)
    deal = _excluded(story, story.someone(private=True), "deleted_in_crm")
    story.day(8)
    story.delete(deal, _manager(story))
    return _seen(deal)


def _spam_by_tag(story: Story) -> Records:
    story.day(8)
    deal = _excluded(story, story.someone(private=True), "spam", tag=company.SPAM_TAG)
    return _seen(deal)


def _spam_by_reason(story: Story) -> Records:
    story.day(9)
    deal = _excluded(story, story.someone(private=True), "spam")
    story.lose(deal, company.SPAM_REASON)
    return _seen(deal)


def _test_lead(story: Story) -> Records:
    story.day(10)
    return _seen(_excluded(story, story.someone(private=True), "test", tag=company.TEST_TAG))


def _own_employee(story: Story) -> Records:
    story.day(11)
    person = story.someone(private=True)
    person.email = company.MANAGERS[story.month % len(company.MANAGERS)].email.upper()
    deal = _excluded(story, person, "own_employee")
    story.lose(deal, company.OTHER_REASON)
    return _seen(deal)


def _not_a_buyer(story: Story) -> Records:
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


def _free_text_cities(story: Story) -> Records:
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


def _warmed_after_loss(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=55_000)
    _work(story, deal, 4)
    story.day(15)
    story.lose(deal, company.POSTPONED)
    story.day(18)
    story.move(deal, company.WARMING_WAITS, pipeline=company.WARMING)
    return _seen(deal)


def _warmed_while_open(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=65_000)
    _work(story, deal, 5)
    story.day(14)
    story.move(deal, company.WARMING_READY, pipeline=company.WARMING)
    return _seen(deal)


def _service_request(story: Story) -> Records:
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


def _outbound_won(story: Story) -> Records:
    story.day(6)
    person = story.someone()
    deal = story.enquire(
        person, company.CHANNELS["outbound"], None, responsible=_manager(story), budget=110_000
    )
    invoice = _sell(story, deal, 6, 110_000_57)
    story.day(16)
    return _seen(deal, payments=[story.books.pay(invoice, 110_000_57)])


def _upsell_won(story: Story) -> Records:
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


def _unassigned(story: Story) -> Records:
    story.day(7)
    deal = _ask(story, story.someone(private=True), responsible=company.NOBODY_ID)
    story.day(17)
    story.lose(deal, company.NO_ANSWER, author=company.HEAD_OF_SALES_ID)
    return _seen(deal)


def _unworked(story: Story) -> Records:
    story.day(8)
    deal = _ask(story, story.someone(private=True))
    story.day(27)
    story.lose(deal, company.NO_ANSWER, author=company.ROBOT_ID)
    return _seen(deal)


# Money


def _partial_payment(story: Story) -> Records:
    story.day(3)
    deal = _ask(story, story.someone(), budget=120_000)
    invoice = _sell(story, deal, 3, 120_000_45)
    story.day(14)
    return _seen(deal, payments=[story.books.pay(invoice, 48_000_18)])


def _refund_in_part(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=100_000)
    invoice = _sell(story, deal, 4, 100_000_31)
    story.day(14)
    paid = story.books.pay(invoice, 100_000_31)
    story.day(22)
    return _seen(deal, payments=[paid, story.books.refund(invoice, 20_000_00)])


def _refund_in_full(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=35_000)
    invoice = _sell(story, deal, 5, 35_000_71)
    story.day(15)
    paid = story.books.pay(invoice, 35_000_71)
    story.day(25)
    return _seen(deal, payments=[paid, story.books.refund(invoice, 35_000_71)])


def _purpose_names_invoice(story: Story) -> Records:
    story.day(6)
    deal = _ask(story, story.someone(), budget=130_000)
    invoice = _sell(story, deal, 6, 130_000_23)
    story.day(16)
    first = story.books.pay(invoice, 60_000_00, "purpose", style=0)
    story.day(23)
    return _seen(deal, payments=[first, story.books.pay(invoice, 70_000_23, "purpose", style=3)])


def _tax_and_amount(story: Story) -> Records:
    story.day(6)
    deal = _ask(story, story.someone(), budget=184_237)
    invoice = _sell(story, deal, 6, 184_237_00)
    story.day(17)
    return _seen(deal, payments=[story.books.pay(invoice, 184_237_00, "tax_and_amount")])


def _tax_number_only(story: Story) -> Records:
    story.day(5)
    deal = _ask(story, story.someone(), budget=91_000)
    invoice = _sell(story, deal, 5, 91_000_13)
    story.day(18)
    return _seen(deal, payments=[story.books.pay(invoice, 40_000_00, "tax_number")])


def _phone_only(story: Story) -> Records:
    story.day(7)
    deal = _ask(story, story.someone(private=True), budget=23_000)
    invoice = _sell(story, deal, 7, 23_000_57)
    story.day(19)
    return _seen(deal, payments=[story.books.pay(invoice, 23_000_57, "contacts")])


def _matches_nothing(story: Story) -> Records:
    story.day(13)
    truth = PaymentTruth(
        guid(story.rng), RECEIPTS, story.t, 77_777_77, "none", None, None, "nothing_fits"
    )
    payer = story.firm(1)
    payment = story.books.bank(
        payer, 77_777_77, truth, company.CUSTOMER_PAYS, "Предоплата за материалы"
    )
    return _seen(payments=[payment])


def _fits_two_deals(story: Story) -> Records:
    story.day(3)
    person = story.someone()
    first = _ask(story, person, budget=64_000)
    story.day(4)
    second = _ask(story, story.colleague(person), budget=64_000)
    invoice = _sell(story, first, 5, 64_000_00)
    _sell(story, second, 12, 64_000_00)
    story.day(24)
    return _seen(first, second, payments=[story.books.pay(invoice, 64_000_00, "ambiguous")])


def _unposted(story: Story) -> Records:
    story.day(4)
    deal = _ask(story, story.someone(), budget=58_000)
    invoice = _sell(story, deal, 4, 58_000_91)
    story.day(14)
    payment = story.books.pay(invoice, 58_000_91)
    story.day(18)
    story.books.unpost(payment)
    return _seen(deal, payments=[payment])


def _back_dated(story: Story) -> Records:
    story.day(2)
    deal = _ask(story, story.someone(), budget=83_000)
    invoice = _sell(story, deal, 2, 83_000_13)
    story.day(12)
    dated = story.t
    story.day(26)
    return _seen(deal, payments=[story.books.pay(invoice, 83_000_13, dated=dated)])


def _won_never_paid(story: Story) -> Records:
    story.day(9)
    deal = _ask(story, story.someone(), budget=47_000)
    _sell(story, deal, 9, 47_000_53)
    return _seen(deal)


def _won_then_paid_next_month(story: Story) -> Records:
    story.day(15)
    deal = _ask(story, story.someone(), budget=95_000)
    invoice = _sell(story, deal, 16, 95_000_77)
    story.day(40)
    return _seen(deal, payments=[story.books.pay(invoice, 95_000_77)])


def _paid_while_open(story: Story) -> Records:
    story.day(10)
    deal = _ask(story, story.someone(), budget=52_000)
    invoice = _invoice(story, deal, 10, 52_000_39)
    story.day(20)
    return _seen(deal, payments=[story.books.pay(invoice, 52_000_39)])


def _one_lead(
    payments: int = 0, revenue: float = 0.0, unmatched: float = 0.0, **deals: int
) -> dict[str, Any]:
    """The frequent case in short: one new lead, its deals by status, its money."""
    return {
        "leads": 1,
        "kinds": ["new"],
        "deals": deals,
        "payments": payments,
        "revenue": revenue,
        "unmatched": unmatched,
    }


def _nothing_but(reason: str) -> dict[str, Any]:
    return {"leads": 0, "kinds": [], "deals": {}, "excluded": {reason: 1}, "payments": 0}


SCENARIOS = (
    Scenario(
        "one_event_three_records",
        _one_event_three_records,
        "One call left an unsorted item, a call note and a deal: one enquiry, one lead.",
        _one_lead(lost=1),
    ),
    Scenario(
        "same_person_three_spellings",
        _three_spellings,
        "One phone spelt in three ways on three forms: one lead, the first deal won and paid.",
        _one_lead(1, 40_000.37, won=1, lost=2),
    ),
    Scenario(
        "merged_contact",
        _merged_contact,
        "Two cards with different phones were merged: one person, one lead, two deals.",
        _one_lead(won=1, lost=1),
    ),
    Scenario(
        "missed_call_without_deal",
        _missed_call,
        "A stranger called, nobody answered, no deal was made: a lead without a deal.",
        {"leads": 1, "kinds": ["new"], "deals": {}, "payments": 0},
    ),
    Scenario(
        "repeat_customer",
        _repeat_customer,
        "A customer who had paid called again, with a deal of its own: a second, repeat lead.",
        {
            "leads": 2,
            "kinds": ["new", "repeat"],
            "deals": {"won": 2},
            "payments": 2,
            "revenue": 140_000.64,
            "unmatched": 0.0,
        },
    ),
    Scenario(
        "further_won_deal",
        _further_won_deal,
        "One wish became two deals and both were won: one lead, two won deals, two payments.",
        _one_lead(2, 80_001.02, won=2),
    ),
    Scenario(
        "deleted_deal",
        _deleted_deal,
        "The deal was deleted: it is gone from the list, its enquiry does not count, no lead.",
        _nothing_but("deleted_in_crm"),
    ),
    Scenario(
        "spam_by_tag", _spam_by_tag, "Tagged as spam, still open: no lead.", _nothing_but("spam")
    ),
    Scenario(
        "spam_by_loss_reason",
        _spam_by_reason,
        "Lost with the reason spam: no lead and no lost deal that counts.",
        _nothing_but("spam"),
    ),
    Scenario("test_lead", _test_lead, "Tagged as a test: no lead.", _nothing_but("test")),
    Scenario(
        "own_employee",
        _own_employee,
        "The contact has the e-mail of one of our users, in capitals: no lead.",
        _nothing_but("own_employee"),
    ),
    Scenario(
        "not_a_buyer",
        _not_a_buyer,
        "Lost as an applicant or supplier: no lead.",
        _nothing_but("not_a_buyer"),
    ),
    Scenario(
        "free_text_cities",
        _free_text_cities,
        "Four leads from Moscow, spelt Мск, Масква, г. Москва and with a space at the end.",
        {"leads": 4, "kinds": ["new"] * 4, "deals": {"lost": 4}, "payments": 0},
    ),
    Scenario(
        "warmed_after_loss",
        _warmed_after_loss,
        "Moved to the warming pipeline after it was lost: it stays lost, with the day it was lost.",
        _one_lead(lost=1),
    ),
    Scenario(
        "warmed_while_open",
        _warmed_while_open,
        "Moved to the warming pipeline from a sales stage: it stays open.",
        _one_lead(open=1),
    ),
    Scenario(
        "service_request",
        _service_request,
        "A complaint of a customer in the service pipeline: neither a lead nor a sales deal.",
        _one_lead(1, 45_000.29, won=1),
    ),
    Scenario(
        "outbound_won",
        _outbound_won,
        "A cold call became a paid deal: won without an inbound lead.",
        {
            "leads": 0,
            "kinds": [],
            "deals": {"won": 1},
            "payments": 1,
            "revenue": 110_000.57,
            "unmatched": 0.0,
        },
    ),
    Scenario(
        "upsell_won",
        _upsell_won,
        "A manager sold more to a customer: one lead for the first deal, none for the second.",
        _one_lead(2, 100_001.28, won=2),
    ),
    Scenario(
        "unassigned",
        _unassigned,
        "A lead nobody is responsible for: its manager is shown as unassigned.",
        _one_lead(lost=1) | {"unassigned": 1},
    ),
    Scenario(
        "unworked",
        _unworked,
        "No human ever did anything about it; a robot closed it: a lead, but not worked.",
        _one_lead(lost=1) | {"unworked": 1},
    ),
    Scenario(
        "partial_payment",
        _partial_payment,
        "Two fifths of the invoice were paid: the deal is a sale of 48 000.18.",
        _one_lead(1, 48_000.18, won=1),
    ),
    Scenario(
        "refund_in_part",
        _refund_in_part,
        "A fifth of the money went back: two payments, 80 000.31 left.",
        _one_lead(2, 80_000.31, won=1),
    ),
    Scenario(
        "refund_in_full",
        _refund_in_full,
        "All the money went back: two payments that cancel out, a won deal without money.",
        _one_lead(2, 0.0, won=1),
    ),
    Scenario(
        "purpose_names_invoice",
        _purpose_names_invoice,
        "Only the texts of two payments name the invoice, spelt differently: both found.",
        _one_lead(2, 130_000.23, won=1),
    ),
    Scenario(
        "tax_number_and_amount",
        _tax_and_amount,
        "A payment that names nothing, but payer and sum fit one deal only: found.",
        _one_lead(1, 184_237.0, won=1),
    ),
    Scenario(
        "matches_nothing",
        _matches_nothing,
        "A prepayment of a company the CRM has never heard of: money without a deal.",
        {
            "leads": 0,
            "kinds": [],
            "deals": {},
            "payments": 1,
            "revenue": 77_777.77,
            "unmatched": 77_777.77,
        },
    ),
    Scenario(
        "fits_two_deals",
        _fits_two_deals,
        "Two colleagues, two deals of 64 000, one payment that names nothing: no match.",
        {
            "leads": 2,
            "kinds": ["new", "new"],
            "deals": {"won": 2},
            "payments": 1,
            "revenue": 64_000.0,
            "unmatched": 64_000.0,
        },
    ),
    Scenario(
        "unposted_payment",
        _unposted,
        "The posting was taken back: the payment counts no more, the deal is won, unpaid.",
        _one_lead(won=1),
    ),
    Scenario(
        "back_dated_payment",
        _back_dated,
        "Entered two weeks late with its real date: it belongs to that date.",
        _one_lead(1, 83_000.13, won=1),
    ),
    Scenario("won_never_paid", _won_never_paid, "Won, invoiced, never paid.", _one_lead(won=1)),
    Scenario(
        "won_then_paid_next_month",
        _won_then_paid_next_month,
        "Won in one month, paid in the next: a deal of the first, money of the second.",
        _one_lead(1, 95_000.77, won=1),
    ),
    Scenario(
        "paid_while_open",
        _paid_while_open,
        "Paid in full, and nobody has closed the deal: a sale that is still open.",
        _one_lead(1, 52_000.39, open=1),
    ),
    Scenario(
        "tax_number_only",
        _tax_number_only,
        "A part of the money, without a word what for: the payer has one recent deal only, found.",
        _one_lead(1, 40_000.0, won=1),
    ),
    Scenario(
        "phone_only",
        _phone_only,
        "A private payer without a word what for: his phone leads to his only deal, found.",
        _one_lead(1, 23_000.57, won=1),
    ),
)
