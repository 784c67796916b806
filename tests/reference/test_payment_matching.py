"""The sentences of the agreed rule, one example each, worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.reference.payment_matching import (
    Allocation,
    Deal,
    Naming,
    Payment,
    Verdict,
    matching_of,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
COMPANY = "tax:7701234567"
Allocated = tuple[str, str, int, int]  # payment, deal, amount, rule


def day(days: int) -> datetime:
    return START + timedelta(days=days)


def deal(
    name: str,
    due: int,
    at: datetime = START,
    customer: str = COMPANY,
    person: str | None = None,
) -> Deal:
    return Deal(name, customer, person, at, at.date(), Decimal(due))


def payment(
    name: str,
    amount: int,
    at: datetime,
    *namings: Naming,
    customer: str = COMPANY,
    persons: tuple[str, ...] = (),
) -> Payment:
    return Payment(
        name, customer, at, at.date(), Decimal(amount), tuple(namings), frozenset(persons)
    )


def naming(deal_id: str, amount: int, rule: int = 0) -> Naming:
    return Naming(deal_id, Decimal(amount), rule)


def allocated(deals: list[Deal], *payments: Payment) -> list[Allocated]:
    return [
        (one.payment_id, one.deal_id, int(one.amount), one.rule)
        for one in matching_of(payments, deals).allocations
    ]


def verdict(deals: list[Deal], *payments: Payment) -> Verdict:
    """Of the payment given last."""
    return matching_of(payments, deals).verdicts[payments[-1].payment_id]


# The documents name the deal.


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_named_deal_needs_no_outstanding_amount(rule: int) -> None:
    twice = [payment(name, 100, day(1), naming("d", 100, rule)) for name in ("p", "q")]
    assert allocated([deal("d", 100)], *twice) == [("p", "d", 100, rule), ("q", "d", 100, rule)]
    assert allocated([deal("d", 0)], twice[0]) == [("p", "d", 100, rule)]


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_named_deal_may_be_of_another_customer_old_or_younger_than_the_payment(
    rule: int,
) -> None:
    paid = payment("p", 100, START, naming("d", 100, rule))
    for one in (deal("d", 100, customer="x"), deal("d", 100, day(-900)), deal("d", 100, day(1))):
        assert allocated([one], paid) == [("p", "d", 100, rule)]


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_named_deal_that_is_no_candidate_gets_nothing_and_nothing_is_inferred(rule: int) -> None:
    deals = [deal("d", 100, person="me")]
    named = payment("p", 100, day(1), naming("lost", 100, rule), persons=("me",))
    assert allocated(deals, named) == []
    assert verdict(deals, named) is None
    assert allocated(deals, replace(named, namings=())) == [("p", "d", 100, 3)]


@pytest.mark.parametrize("rule", [0, 1])
def test_what_the_namings_leave_is_not_inferred(rule: int) -> None:
    deals = [deal("d", 30), deal("e", 70)]
    named = payment("p", 100, day(1), naming("d", 30, rule))
    assert allocated(deals, named) == [("p", "d", 30, rule)]
    assert verdict(deals, named) is None


@pytest.mark.parametrize("rule", [0, 1])
def test_every_named_candidate_gets_its_amount_in_order_of_deal_id(rule: int) -> None:
    deals = [deal("d", 60), deal("e", 40)]
    named = payment("p", 100, day(1), naming("e", 40, rule), naming("d", 60, rule))
    assert allocated(deals, named) == [("p", "d", 60, rule), ("p", "e", 40, rule)]
    assert verdict(deals, named) is None


def test_a_named_deal_gets_no_more_than_the_namings_before_it_leave() -> None:
    deals = [deal("d", 60), deal("e", 60), deal("f", 60)]
    named = payment("p", 100, day(1), naming("f", 60), naming("e", 60), naming("d", 60))
    assert allocated(deals, named) == [("p", "d", 60, 0), ("p", "e", 40, 0)]
    assert verdict(deals, named) is None


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_a_deal_named_with_more_than_the_payment_gets_the_payment(rule: int) -> None:
    deals = [deal("d", 500)]
    assert allocated(deals, payment("p", 100, day(1), naming("d", 500, rule))) == [
        ("p", "d", 100, rule)
    ]


def test_a_deal_named_after_one_that_took_more_than_the_payment_gets_nothing() -> None:
    deals = [deal("d", 500), deal("e", 50)]
    named = payment("p", 100, day(1), naming("d", 500), naming("e", 50))
    assert allocated(deals, named) == [("p", "d", 100, 0)]


def test_the_naming_of_a_deal_that_is_no_candidate_takes_nothing_from_those_after_it() -> None:
    named = payment("p", 100, day(1), naming("a lost one", 80), naming("d", 60))
    assert allocated([deal("d", 60)], named) == [("p", "d", 60, 0)]


def test_a_refund_is_allocated_as_a_payment_is_with_minus_signs() -> None:
    deals = [deal("d", 60), deal("e", 60), deal("f", 60)]
    refund = payment("p", -100, day(1), naming("f", -60), naming("e", -60), naming("d", -60))
    assert allocated(deals, refund) == [("p", "d", -60, 0), ("p", "e", -40, 0)]
    assert allocated(deals, payment("p", -100, day(1), naming("d", -30))) == [("p", "d", -30, 0)]
    more = payment("p", -100, day(1), naming("d", -500), naming("e", -60))
    assert allocated(deals, more) == [("p", "d", -100, 0)]


@pytest.mark.parametrize("sign", [1, -1])
def test_rule_2_takes_exactly_one_named_candidate(sign: int) -> None:
    deals = [deal("d", 60), deal("e", 40)]
    one, other, lost = (naming(name, sign * 60, 2) for name in ("d", "e", "a lost one"))
    of_one = payment("p", sign * 100, day(1), one, lost)
    of_two = payment("p", sign * 100, day(1), one, other)
    of_none = payment("p", sign * 100, day(1), lost)
    assert allocated(deals, of_one) == [("p", "d", sign * 60, 2)]
    assert verdict(deals, of_one) is None
    assert allocated(deals, of_two) == []
    assert verdict(deals, of_two) == "several"
    assert allocated(deals, of_none) == []
    assert verdict(deals, of_none) is None


# What every inference needs.


def test_a_deal_created_after_the_payment_is_not_inferred_and_of_the_same_instant_is() -> None:
    assert allocated([deal("d", 100)], payment("p", 100, START)) == [("p", "d", 100, 3)]
    assert allocated([deal("d", 100)], payment("p", 100, START - SECOND)) == []
    assert verdict([deal("d", 100)], payment("p", 100, START - SECOND)) is None


def test_a_deal_with_nothing_outstanding_is_not_inferred() -> None:
    paid = payment("p", 100, day(1), naming("d", 100))
    assert allocated([deal("d", 100)], paid, payment("q", 100, day(2))) == [("p", "d", 100, 0)]
    assert allocated([deal("d", 0)], payment("q", 100, day(2))) == []
    overpaid = payment("p", 300, day(1), naming("d", 300))
    assert allocated([deal("d", 100)], overpaid, payment("q", 100, day(2))) == [("p", "d", 300, 0)]


def test_outstanding_is_what_named_and_inferred_payments_before_have_left() -> None:
    named, guessed = payment("p", 10, day(1), naming("d", 10)), payment("q", 20, day(2))
    rest = payment("r", 70, day(3))
    assert allocated([deal("d", 100)], named, guessed, rest) == [
        ("p", "d", 10, 0),
        ("q", "d", 20, 4),
        ("r", "d", 70, 3),
    ]


def test_a_later_payment_that_names_the_deal_leaves_it_outstanding_until_then() -> None:
    named, guessed = payment("p", 100, day(2), naming("d", 100)), payment("q", 100, day(1))
    assert allocated([deal("d", 100)], named, guessed) == [("q", "d", 100, 3), ("p", "d", 100, 0)]


def test_a_refund_reopens_a_deal_for_an_equal_later_payment() -> None:
    paid, again = payment("p", 100, day(1)), payment("r", 100, day(3))
    refund = payment("q", -100, day(2), naming("d", -100))
    assert allocated([deal("d", 100)], paid, again) == [("p", "d", 100, 3)]
    assert allocated([deal("d", 100)], paid, refund, again) == [
        ("p", "d", 100, 3),
        ("q", "d", -100, 0),
        ("r", "d", 100, 3),
    ]
    too_late = replace(refund, paid_at=day(4))
    assert allocated([deal("d", 100)], paid, too_late, again) == [
        ("p", "d", 100, 3),
        ("q", "d", -100, 0),
    ]


def test_a_partial_refund_reopens_what_it_returned() -> None:
    paid, refund = payment("p", 100, day(1)), payment("q", -30, day(2), naming("d", -30, 1))
    assert allocated([deal("d", 100)], paid, refund, payment("r", 30, day(3))) == [
        ("p", "d", 100, 3),
        ("q", "d", -30, 1),
        ("r", "d", 30, 3),
    ]


def test_refunds_and_empty_payments_are_not_inferred() -> None:
    deals = [deal("d", 100, person="me"), deal("e", 100, person="me")]
    for amount in (-100, 0):
        paid = payment("p", amount, day(1), persons=("me",))
        assert allocated(deals, paid) == []
        assert verdict(deals, paid) is None


def test_payments_are_taken_in_order_of_time() -> None:
    late, early = payment("p", 100, day(2)), payment("q", 100, day(1))
    assert allocated([deal("d", 100)], late, early) == [("q", "d", 100, 3)]


def test_payments_of_one_second_are_taken_by_their_ids() -> None:
    last, first = payment("q", 70, day(1)), payment("p", 80, day(1))
    assert allocated([deal("d", 100)], last, first) == [("p", "d", 80, 4), ("q", "d", 20, 4)]
    swapped = [replace(last, payment_id="p"), replace(first, payment_id="q")]
    assert allocated([deal("d", 100)], *swapped) == [("p", "d", 70, 4), ("q", "d", 30, 4)]


def test_a_refund_of_the_same_second_reopens_the_deal_only_for_payments_with_later_ids() -> None:
    paid, refund = payment("a", 100, START), payment("p", -100, day(1), naming("d", -100))
    after, before = payment("q", 100, day(1)), payment("o", 100, day(1))
    assert allocated([deal("d", 100)], paid, refund, after)[-1] == ("q", "d", 100, 3)
    assert allocated([deal("d", 100)], paid, refund, before)[-1] == ("p", "d", -100, 0)


# Rule 3: the tax number and the amount.


def test_rule_3_takes_the_only_deal_of_the_payer_that_awaits_exactly_the_amount() -> None:
    deals = [deal("d", 100), deal("e", 101), deal("f", 100, customer="tax:other")]
    assert allocated(deals, payment("p", 100, day(1))) == [("p", "d", 100, 3)]
    assert verdict(deals, payment("p", 100, day(1))) is None


def test_rule_3_takes_a_deal_of_any_age() -> None:
    deals = [deal("d", 100, day(-900)), deal("e", 200)]
    assert allocated(deals, payment("p", 100, day(1))) == [("p", "d", 100, 3)]


def test_rule_3_compares_what_is_outstanding_not_what_was_due() -> None:
    deals = [deal("d", 100), deal("e", 70)]
    first = payment("p", 30, day(1), naming("d", 30))
    assert allocated(deals, first, payment("q", 100, day(2))) == [("p", "d", 30, 0)]
    assert allocated([deals[0], deal("e", 90)], first, payment("q", 70, day(2))) == [
        ("p", "d", 30, 0),
        ("q", "d", 70, 3),
    ]


def test_rule_3_compares_to_the_kopeck() -> None:
    exact = replace(deal("d", 0), due_amount=Decimal("100.10"))
    near = replace(deal("e", 0), due_amount=Decimal("100.11"))
    paid = replace(payment("p", 0, day(1)), amount=Decimal("100.1"))
    assert matching_of([paid], [exact, near]).allocations == [
        Allocation("p", "d", Decimal("100.10"), 3)
    ]


def test_rule_3_of_two_equal_deals_takes_none_and_nothing_weaker_is_tried() -> None:
    old, new = deal("d", 100, day(-900)), deal("e", 100)
    contact = deal("f", 100, customer="x", person="me")
    paid = payment("p", 100, day(1), persons=("me",))
    assert allocated([old, new, contact], paid) == []  # rule 4 would have taken e, rule 5 f
    assert verdict([old, new, contact], paid) == "several"


def test_rule_3_needs_a_tax_number() -> None:
    deals = [deal("d", 100, customer="phone:1")]
    assert allocated(deals, payment("p", 100, day(1), customer="phone:1")) == []


# Rule 4: the tax number and the age.


def test_rule_4_takes_the_only_recent_deal_of_the_payer() -> None:
    deals = [deal("d", 100), deal("e", 100, day(-900)), deal("f", 100, customer="tax:other")]
    assert allocated(deals, payment("p", 30, day(1))) == [("p", "d", 30, 4)]
    assert verdict(deals, payment("p", 30, day(1))) is None


def test_rule_4_gives_no_more_than_is_outstanding_and_the_rest_stays_unmatched() -> None:
    deals = [deal("d", 100), deal("e", 50, day(-900)), deal("f", 50, customer="x", person="me")]
    more = payment("p", 150, day(1), persons=("me",))
    assert allocated(deals, more) == [("p", "d", 100, 4)]
    assert verdict(deals, more) is None


def test_rule_4_counts_90_days_by_business_dates() -> None:
    paid = payment("p", 30, day(90).replace(hour=23))
    created = deal("d", 100, START.replace(hour=0))
    assert allocated([created], paid) == [("p", "d", 30, 4)]
    assert allocated([created], replace(paid, paid_date=day(91).date())) == []
    before = replace(created, created_date=day(-1).date())
    assert allocated([before], paid) == []


def test_rule_4_of_two_recent_deals_takes_none_and_nothing_weaker_is_tried() -> None:
    deals = [deal("d", 100), deal("e", 200), deal("f", 30, customer="x", person="me")]
    paid = payment("p", 30, day(1), persons=("me",))
    assert allocated(deals, paid) == []
    assert verdict(deals, paid) == "several"


def test_rule_4_does_not_count_deals_that_are_paid() -> None:
    deals = [deal("d", 100), deal("e", 200)]
    first = payment("p", 200, day(1))
    assert allocated(deals, first, payment("q", 30, day(2))) == [
        ("p", "e", 200, 3),
        ("q", "d", 30, 4),
    ]


def test_rule_4_with_only_older_deals_takes_none_and_nothing_weaker_is_tried() -> None:
    contact = deal("f", 30, customer="x", person="me")
    paid = payment("p", 30, day(1), persons=("me",))
    for older in ([deal("d", 100, day(-90))], [deal("d", 100, day(-90)), deal("e", 99, day(-91))]):
        assert allocated([*older, contact], paid) == []
        assert verdict([*older, contact], paid) is None


def test_rule_4_needs_a_tax_number() -> None:
    deals = [deal("d", 100, customer="phone:1")]
    assert allocated(deals, payment("p", 30, day(1), customer="phone:1")) == []


# Rule 5: the contacts and the age.


def test_rule_5_takes_the_only_recent_deal_of_the_payers_persons() -> None:
    deals = [
        deal("d", 100, customer="x", person="me"),
        deal("e", 100, day(-900), customer="x", person="me"),
        deal("f", 100, customer="x", person="other"),
        deal("g", 100, customer="x"),
    ]
    paid = payment("p", 30, day(1), customer="phone:1", persons=("me", "somebody"))
    assert allocated(deals, paid) == [("p", "d", 30, 5)]
    assert verdict(deals, paid) is None
    assert allocated(deals, replace(paid, person_ids=frozenset())) == []


def test_rule_5_gives_no_more_than_is_outstanding_and_the_rest_stays_unmatched() -> None:
    deals = [deal("d", 100, customer="x", person="me")]
    more = payment("p", 150, day(1), customer="phone:1", persons=("me",))
    assert allocated(deals, more) == [("p", "d", 100, 5)]
    assert verdict(deals, more) is None


def test_rule_5_of_two_recent_deals_takes_none_even_if_one_awaits_exactly_the_amount() -> None:
    deals = [
        deal("d", 100, customer="x", person="me"),
        deal("e", 200, customer="x", person="my partner"),
    ]
    paid = payment("p", 100, day(1), customer="phone:1", persons=("me", "my partner"))
    assert allocated(deals, paid) == []
    assert verdict(deals, paid) == "several"


def test_rule_5_counts_90_days_by_business_dates() -> None:
    paid = payment("p", 30, day(90), customer="phone:1", persons=("me",))
    created = deal("d", 100, START, customer="x", person="me")
    assert allocated([created], paid) == [("p", "d", 30, 5)]
    older = replace(created, created_date=day(-1).date())
    assert allocated([older], paid) == []
    assert verdict([older, replace(older, deal_id="e")], paid) is None


def test_rule_5_is_tried_for_a_tax_number_that_gives_no_candidate_at_all() -> None:
    contact = deal("f", 30, customer="x", person="me")
    paid = payment("p", 30, day(1), persons=("me",))
    of_payer = deal("d", 100)
    assert allocated([contact], paid) == [("p", "f", 30, 5)]
    assert allocated([contact, of_payer], paid) == [("p", "d", 30, 4)]
    assert allocated([contact, replace(of_payer, created_at=day(2))], paid) == [("p", "f", 30, 5)]
    settled = payment("a", 100, START, naming("d", 100))
    assert allocated([contact, of_payer], settled, paid) == [
        ("a", "d", 100, 0),
        ("p", "f", 30, 5),
    ]


def test_a_deal_without_a_person_is_nobodys() -> None:
    deals = [deal("d", 100, customer="x")]
    assert allocated(deals, payment("p", 30, day(1), customer="phone:1", persons=("me",))) == []


# All of it.


def test_every_payment_has_a_verdict_of_its_own() -> None:
    deals = [deal("d", 100), deal("e", 100)]
    equal, named, none = (
        payment("p", 100, day(1)),
        payment("q", 100, day(2), naming("d", 100)),
        payment("r", 100, day(3), customer="tax:other"),
    )
    assert matching_of([none, named, equal], deals).verdicts == {
        "p": "several",
        "q": None,
        "r": None,
    }


def test_a_payment_that_found_several_is_not_taken_up_again_when_one_of_them_is_paid() -> None:
    deals = [deal("d", 100), deal("e", 100)]
    undecided, named = payment("p", 100, day(1)), payment("q", 100, day(2), naming("d", 100))
    assert allocated(deals, undecided, named, payment("r", 100, day(3))) == [
        ("q", "d", 100, 0),
        ("r", "e", 100, 3),
    ]


def test_no_payments_or_no_deals_match_nothing() -> None:
    assert allocated([deal("d", 100)]) == []
    assert allocated([], payment("p", 100, day(1), naming("d", 100))) == []
    assert allocated([], payment("p", 100, day(1))) == []
