"""The planted difficulties: the outcome of each short play, written beside it by hand.

Each is told every third month, on fixed days. Belongs here: what a right warehouse shows for a play
in words, and the same in numbers. Does not belong: the plays (`plays`), and anything computed: no
number in the table comes from code.

`values` speak about the records of one telling only:
    leads, kinds (of the leads), deals {status: n} and excluded {reason: n} (sales deals), payments
    and revenue (roubles, refunds negative; money that counts), unmatched (roubles of it that
    belong to no deal), unassigned, unworked (deals).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo import plays
from demo.ledger import Fault
from demo.moscow import month_name
from demo.plays import Records
from demo.story import Story


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
        plays.one_event_three_records,
        "One call left an unsorted item, a call note and a deal: one enquiry, one lead.",
        _one_lead(lost=1),
    ),
    Scenario(
        "same_person_three_spellings",
        plays.three_spellings,
        "One phone spelt in three ways on three forms: one lead, the first deal won and paid.",
        _one_lead(1, 40_000.37, won=1, lost=2),
    ),
    Scenario(
        "merged_contact",
        plays.merged_contact,
        "Two cards with different phones were merged: one person, one lead, two deals.",
        _one_lead(won=1, lost=1),
    ),
    Scenario(
        "missed_call_without_deal",
        plays.missed_call,
        "A stranger called, nobody answered, no deal was made: a lead without a deal.",
        {"leads": 1, "kinds": ["new"], "deals": {}, "payments": 0},
    ),
    Scenario(
        "repeat_customer",
        plays.repeat_customer,
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
        plays.further_won_deal,
        "One wish became two deals and both were won: one lead, two won deals, two payments.",
        _one_lead(2, 80_001.02, won=2),
    ),
    Scenario(
        "deleted_deal",
        plays.deleted_deal,
        "The deal was deleted: it is gone from the list, its enquiry does not count, no lead.",
        _nothing_but("deleted_in_crm"),
    ),
    Scenario(
        "spam_by_tag",
        plays.spam_by_tag,
        "Tagged as spam, still open: no lead.",
        _nothing_but("spam"),
    ),
    Scenario(
        "spam_by_loss_reason",
        plays.spam_by_reason,
        "Lost with the reason spam: no lead and no lost deal that counts.",
        _nothing_but("spam"),
    ),
    Scenario("test_lead", plays.test_lead, "Tagged as a test: no lead.", _nothing_but("test")),
    Scenario(
        "own_employee",
        plays.own_employee,
        "The contact has the e-mail of one of our users, in capitals: no lead.",
        _nothing_but("own_employee"),
    ),
    Scenario(
        "not_a_buyer",
        plays.not_a_buyer,
        "Lost as an applicant or supplier: no lead.",
        _nothing_but("not_a_buyer"),
    ),
    Scenario(
        "free_text_cities",
        plays.free_text_cities,
        "Four leads from Moscow, spelt Мск, Масква, г. Москва and with a space at the end.",
        {"leads": 4, "kinds": ["new"] * 4, "deals": {"lost": 4}, "payments": 0},
    ),
    Scenario(
        "warmed_after_loss",
        plays.warmed_after_loss,
        "Moved to the warming pipeline after it was lost: it stays lost, with the day it was lost.",
        _one_lead(lost=1),
    ),
    Scenario(
        "warmed_while_open",
        plays.warmed_while_open,
        "Moved to the warming pipeline from a sales stage: it stays open.",
        _one_lead(open=1),
    ),
    Scenario(
        "service_request",
        plays.service_request,
        "A complaint of a customer in the service pipeline: neither a lead nor a sales deal.",
        _one_lead(1, 45_000.29, won=1),
    ),
    Scenario(
        "outbound_won",
        plays.outbound_won,
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
        plays.upsell_won,
        "A manager sold more to a customer: one lead for the first deal, none for the second.",
        _one_lead(2, 100_001.28, won=2),
    ),
    Scenario(
        "unassigned",
        plays.unassigned,
        "A lead nobody is responsible for: its manager is shown as unassigned.",
        _one_lead(lost=1) | {"unassigned": 1},
    ),
    Scenario(
        "unworked",
        plays.unworked,
        "No human ever did anything about it; a robot closed it: a lead, but not worked.",
        _one_lead(lost=1) | {"unworked": 1},
    ),
    Scenario(
        "partial_payment",
        plays.partial_payment,
        "Two fifths of the invoice were paid: the deal is a sale of 48 000.18.",
        _one_lead(1, 48_000.18, won=1),
    ),
    Scenario(
        "refund_in_part",
        plays.refund_in_part,
        "A fifth of the money went back: two payments, 80 000.31 left.",
        _one_lead(2, 80_000.31, won=1),
    ),
    Scenario(
        "refund_in_full",
        plays.refund_in_full,
        "All the money went back: two payments that cancel out, a won deal without money.",
        _one_lead(2, 0.0, won=1),
    ),
    Scenario(
        "purpose_names_invoice",
        plays.purpose_names_invoice,
        "Only the texts of two payments name the invoice, spelt differently: both found.",
        _one_lead(2, 130_000.23, won=1),
    ),
    Scenario(
        "tax_number_and_amount",
        plays.tax_and_amount,
        "A payment that names nothing, but payer and sum fit one deal only: found.",
        _one_lead(1, 184_237.0, won=1),
    ),
    Scenario(
        "matches_nothing",
        plays.matches_nothing,
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
        plays.fits_two_deals,
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
        plays.unposted,
        "The posting was taken back: the payment counts no more, the deal is won, unpaid.",
        _one_lead(won=1),
    ),
    Scenario(
        "back_dated_payment",
        plays.back_dated,
        "Entered two weeks late with its real date: it belongs to that date.",
        _one_lead(1, 83_000.13, won=1),
    ),
    Scenario(
        "won_never_paid", plays.won_never_paid, "Won, invoiced, never paid.", _one_lead(won=1)
    ),
    Scenario(
        "won_then_paid_next_month",
        plays.won_then_paid_next_month,
        "Won in one month, paid in the next: a deal of the first, money of the second.",
        _one_lead(1, 95_000.77, won=1),
    ),
    Scenario(
        "paid_while_open",
        plays.paid_while_open,
        "Paid in full, and nobody has closed the deal: a sale that is still open.",
        _one_lead(1, 52_000.39, open=1),
    ),
    Scenario(
        "tax_number_only",
        plays.tax_number_only,
        "A part of the money, without a word what for: the payer has one recent deal only, found.",
        _one_lead(1, 40_000.0, won=1),
    ),
    Scenario(
        "phone_only",
        plays.phone_only,
        "A private payer without a word what for: his phone leads to his only deal, found.",
        _one_lead(1, 23_000.57, won=1),
    ),
)
