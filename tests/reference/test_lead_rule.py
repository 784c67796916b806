"""The sentences of the agreed meaning, one example each, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.reference.lead_rule import Deal, Enquiry, Payment, leads_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MONTH = timedelta(days=30)


def day(days: int) -> datetime:
    return START + timedelta(days=days)


def enquiry(name: str, at: datetime, *deal_ids: str) -> Enquiry:
    return Enquiry(name, "person", "customer", at, deal_ids=deal_ids)


def deal(name: str, *stages: tuple[datetime, str]) -> Deal:
    return Deal(name, stages[0][0], stages)


def joined(
    enquiries: Sequence[Enquiry], deals: Sequence[Deal] = (), payments: Sequence[Payment] = ()
) -> list[tuple[str, ...]]:
    return [lead.enquiry_ids for lead in leads_of(enquiries, deals, payments)]


def test_enquiries_without_a_deal_join_for_30_days_and_the_last_instant_still_joins() -> None:
    first, last = enquiry("a", START), enquiry("b", START + MONTH)
    assert joined([last, first]) == [("a", "b")]
    assert joined([first, replace(last, created_at=START + MONTH + SECOND)]) == [("a",), ("b",)]


def test_a_declined_enquiry_covers_30_days_from_the_moment_it_was_declined() -> None:
    first = replace(enquiry("a", START), declined_at=day(10))
    assert joined([first, enquiry("b", day(40))]) == [("a", "b")]
    assert joined([first, enquiry("b", day(40) + SECOND)]) == [("a",), ("b",)]


def test_an_open_deal_covers_everything_after_it() -> None:
    assert joined(
        [enquiry("a", START, "d"), enquiry("b", day(900))], [deal("d", (START, "new"))]
    ) == [("a", "b")]


def test_a_lost_deal_covers_30_days_more() -> None:
    lost = deal("d", (START, "new"), (day(5), "lost"))
    assert joined([enquiry("a", START, "d"), enquiry("b", day(35))], [lost]) == [("a", "b")]
    later = enquiry("b", day(35) + SECOND)
    assert joined([enquiry("a", START, "d"), later], [lost]) == [("a",), ("b",)]


def test_a_won_deal_covers_until_it_was_won() -> None:
    won = deal("d", (START, "new"), (day(5), "won"))
    assert joined([enquiry("a", START, "d"), enquiry("b", day(5))], [won]) == [("a", "b")]
    later = enquiry("b", day(5) + SECOND)
    assert joined([enquiry("a", START, "d"), later], [won]) == [("a",), ("b",)]


def test_a_reopened_deal_counts_by_its_last_close() -> None:
    reopened = deal("d", (START, "new"), (day(5), "lost"), (day(50), "contract"), (day(60), "won"))
    assert joined([enquiry("a", START, "d"), enquiry("b", day(60))], [reopened]) == [("a", "b")]


def test_the_running_maximum_remembers_an_early_long_span() -> None:
    lost = deal("d", (START, "new"), (day(100), "lost"))
    three = [enquiry("a", START, "d"), enquiry("b", day(1)), enquiry("c", day(130))]
    assert joined(three, [lost]) == [("a", "b", "c")]


def test_enquiries_of_one_second_are_taken_by_their_ids() -> None:
    assert joined([enquiry("b", START), enquiry("a", START)]) == [("a", "b")]


def test_outbound_and_excluded_enquiries_are_in_no_lead_and_cover_nothing() -> None:
    outbound = replace(enquiry("a", START), is_inbound=False)
    spam = replace(enquiry("b", day(20)), excluded_reason="spam")
    assert joined([outbound, spam, enquiry("c", day(40))]) == [("c",)]


def test_persons_do_not_share_leads() -> None:
    other = replace(enquiry("b", START), person_id="other")
    assert joined([enquiry("a", START), other]) == [("b",), ("a",)]


def test_who_has_paid_and_has_a_deal_of_its_own_starts_a_new_lead() -> None:
    deals = [deal("d", (START, "new")), deal("e", (day(20), "new"))]
    first, second = enquiry("a", START, "d"), enquiry("b", day(20), "e")
    paid = [Payment("customer", day(10), Decimal(100))]
    assert joined([first, second], deals) == [("a", "b")]
    assert joined([first, second], deals, paid) == [("a",), ("b",)]
    assert joined([first, replace(second, deal_ids=())], deals, paid) == [("a", "b")]
    assert joined([first, second], deals, [replace(paid[0], paid_at=day(21))]) == [("a", "b")]
    assert joined([first, second], deals, [replace(paid[0], customer_id="x")]) == [("a", "b")]


def test_a_merged_deal_is_its_survivor() -> None:
    merged = replace(deal("d", (START, "new")), merged_into="e")
    won = deal("e", (day(1), "new"), (day(9), "won"))
    two = [enquiry("a", START, "d"), enquiry("b", day(10))]
    leads = leads_of(two, [merged, won], [])
    assert [(lead.enquiry_ids, lead.primary_deal_id) for lead in leads] == [
        (("a",), "e"),
        (("b",), None),
    ]


def test_a_deleted_deal_neither_covers_nor_is_primary() -> None:
    deleted = replace(deal("d", (START, "new")), excluded_reason="deleted_in_crm")
    leads = leads_of([enquiry("a", START, "d"), enquiry("b", day(31))], [deleted], [])
    assert [(lead.enquiry_ids, lead.primary_deal_id) for lead in leads] == [
        (("a",), None),
        (("b",), None),
    ]


def test_primary_is_the_won_deal_else_the_open_one_else_the_latest() -> None:
    won = deal("won", (day(1), "new"), (day(9), "won"))
    won_later = deal("won later", (day(2), "new"), (day(10), "won"))
    opened = deal("open", (day(2), "new"))
    lost = deal("lost", (day(3), "new"), (day(9), "lost"))
    lost_later = deal("a lost one", (day(4), "new"), (day(5), "lost"))

    def primary_of(*deals: Deal) -> str | None:
        of_all = enquiry("a", START, *(one.deal_id for one in deals))
        return leads_of([of_all], deals, [])[0].primary_deal_id

    assert primary_of(won, opened, lost) == "won"
    assert primary_of(won, won_later) == "won"
    assert primary_of(opened, lost) == "open"
    assert primary_of(lost, lost_later) == "a lost one"


def test_the_deal_closed_last_ends_an_enquiry_and_a_win_of_the_same_second_counts() -> None:
    lost = deal("lost", (START, "new"), (day(5), "lost"))
    won = deal("won", (day(-1), "new"), (day(6), "won"))
    two = [enquiry("a", START, "lost", "won"), enquiry("b", day(7))]
    assert joined(two, [lost, won]) == [("a",), ("b",)]
    lost_last = replace(lost, stages=((START, "new"), (day(6) + SECOND, "lost")))
    assert joined(two, [lost_last, won]) == [("a", "b")]
    lost_with_it = replace(lost, stages=((START, "new"), (day(6), "lost")))
    assert joined(two, [lost_with_it, won]) == [("a",), ("b",)]


def test_a_lead_is_repeat_when_its_customer_had_paid_before_it() -> None:
    def kind(paid_at: datetime) -> str:
        payment = Payment("customer", paid_at, Decimal(100))
        return leads_of([enquiry("a", START)], [], [payment])[0].lead_kind

    assert kind(START - SECOND) == "repeat"
    assert kind(START) == "new"


def test_qualified_is_the_rank_ever_reached() -> None:
    def is_qualified(*stages: tuple[datetime, str]) -> bool:
        return leads_of([enquiry("a", START, "d")], [deal("d", *stages)], [])[0].is_qualified

    assert not is_qualified((START, "new"), (day(1), "contacted"), (day(2), "lost"))
    assert is_qualified((START, "new"), (day(1), "qualified"), (day(2), "lost"))
    assert is_qualified((START, "new"), (day(1), "negotiation"), (day(2), "contacted"))
