"""The stories a reader of the numbers should find, told from the ledger.

Belongs here: which manager, channel or month carries a story, the sentence, and numbers to compare
with. Does not belong: making it happen (`staff` holds the traits).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from demo import company, staff
from demo.ledger import DealTruth, Ledger
from demo.moscow import month_name, month_of, utc_text, workdays_before

_NAMES = {person.id: person.name for person in company.MANAGERS}


def findable_stories(ledger: Ledger) -> list[dict[str, Any]]:
    """Every story the world's months are long enough to show."""
    stories = [
        _of_manager(
            "few_proposals",
            staff.FEW_PROPOSALS,
            "Few of this manager's deals ever reach «КП отправлено».",
        ),
        _of_manager(
            "closes_well_with_few_leads",
            staff.FEW_LEADS_CLOSES_WELL,
            "Gets less than half of the leads of the others and wins about twice as many of them.",
        ),
        _of_manager(
            "went_silent",
            staff.SILENT,
            "Has not called, written or moved a deal for three workdays.",
        )
        | {"silent_since": utc_text(workdays_before(ledger.as_of, staff.SILENT_WORKDAYS))},
        {
            "name": "channel_loses_money",
            "channel": staff.LOSING_CHANNEL,
            "sentence": "Brings many leads, of whom almost none ever pays.",
        },
    ]
    months = range(month_of(ledger.as_of) - ledger.months + 1, month_of(ledger.as_of) + 1)
    for month in months:
        if month % 12 == staff.FLOOD_MONTHS[0] and month + 4 <= months[-1]:
            stories.append(_overload(month))
        if month % 12 == staff.MISSED_MONTH and month - 3 >= months[0] and month < months[-1]:
            stories.append(_missed_month(ledger, month, months[0]))
    return stories


def _of_manager(name: str, manager_id: int, sentence: str) -> dict[str, Any]:
    return {
        "name": name,
        "manager_id": manager_id,
        "manager_name": _NAMES[manager_id],
        "sentence": sentence,
    }


def _overload(month: int) -> dict[str, Any]:
    return _of_manager(
        "overloaded",
        staff.OVERLOADED,
        "Open deals grow past 60, and the share of deals won sags two months later.",
    ) | {"month": month_name(month + 1), "sags_in_month": month_name(month + 3)}


def _missed_month(ledger: Ledger, month: int, first: int) -> dict[str, Any]:
    """The team's plan of won amounts: what the others did bring and the missing one usually
    brings.
    """
    won = _won_by_manager(list(ledger.deals.values()))
    missing = staff.MISSES_A_MONTH
    before = [won[missing, earlier] for earlier in range(max(first, month - 6), month)]
    usual = max(sum(before) // len(before), 100_000)
    fact = sum(won[person.id, month] for person in company.MANAGERS)
    return _of_manager(
        "one_person_missed_the_plan",
        missing,
        "The team missed the month's plan of won amounts because one person won nothing.",
    ) | {
        "month": month_name(month),
        "team_plan_amount": (fact + usual) // 1000 * 1000,
        "team_fact_amount": fact,
        "manager_plan_amount": usual // 1000 * 1000,
        "manager_fact_amount": won[missing, month],
    }


def _won_by_manager(deals: list[DealTruth]) -> dict[tuple[int, int], int]:
    won: dict[tuple[int, int], int] = defaultdict(int)
    for deal in deals:
        if deal.won_at is not None and deal.manager_id and deal.pipeline_kind == "sales":
            won[deal.manager_id, month_of(deal.won_at)] += deal.budget
    return won
