"""The roads a deal goes: taken, walked to a win or a loss, billed, paid and shipped.

Belongs here: steps of one deal, drawn from its story's own random numbers and written into a plan.
Does not belong: whose deal it is and why it came (`lives`, `other_lives`), single acts (`story`),
the traits of managers (`staff`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from demo import company, staff
from demo.cast import Deal, Invoice
from demo.ledger import IntentTruth
from demo.moscow import DAY, HOUR, MINUTE, at_work, month_of
from demo.story import NotYet, Story

_DEPTHS = (
    company.TAKEN,
    company.QUALIFIED,
    company.PROPOSAL_SENT,
    company.NEGOTIATION,
    company.CONTRACT,
    company.INVOICE_SENT,
)
_DEPTH_WEIGHTS = (34, 26, 20, 13, 4, 3)
_REASONS = (company.TOO_EXPENSIVE, company.OTHER_SUPPLIER, company.OUT_OF_STOCK, company.NO_ANSWER,
            company.POSTPONED, company.OTHER_REASON, None)  # fmt: skip
_REASON_WEIGHTS = (26, 22, 9, 20, 12, 8, 3)


@dataclass
class Thread:
    """One deal of a plan: who works on it, for how much, and, once it is born, the deal and its
    invoice.
    """

    manager: int
    budget: int
    intent: IntentTruth | None = None
    born: Deal | None = None
    invoice: Invoice | None = None

    @property
    def deal(self) -> Deal:
        """The deal; a plan lets nothing happen to it before it is born."""
        assert self.born is not None
        return self.born


@dataclass
class Plan:
    """Steps of a life in any order; told in time order."""

    story: Story
    silent_since: int
    _steps: list[tuple[int, int, int, Callable[..., Any], tuple[Any, ...]]] = field(
        default_factory=list
    )
    _order: count[int] = field(default_factory=count)

    def at(self, when: int, act: Callable[..., Any], *args: Any, by: int = 0) -> None:
        """At an instant something happens; `by` is the manager who does it, if one does."""
        self._steps.append((when, next(self._order), by, act, args))

    def tell(self) -> None:
        """Let the steps happen up to the present, or up to where the silent manager would have to
        act.
        """
        for when, _, by, act, args in sorted(self._steps):
            if by == staff.SILENT and when >= self.silent_since:
                return
            try:
                self.story.now(when)
            except NotYet:
                return
            act(*args)


def take(plan: Plan, thread: Thread, at: int) -> int:
    """The manager takes the enquiry: an attempt or two to call, then the stage; returns when."""
    rng = plan.story.rng
    called_at = at_work(at + int(rng.expovariate(1 / 35) * MINUTE) + 2 * MINUTE, rng)
    if rng.random() < 0.25:
        plan.at(called_at, _call, plan, thread, False, by=thread.manager)
        called_at = at_work(called_at + int(rng.uniform(1, 6) * HOUR), rng)
    plan.at(called_at, _call, plan, thread, True, by=thread.manager)
    taken_at = called_at + 6 * MINUTE
    plan.at(
        taken_at, _step, plan, thread, company.TAKEN, _deadline(rng, taken_at), by=thread.manager
    )
    return taken_at


def walk_to_win(plan: Plan, thread: Thread, at: int) -> int | None:
    """The road to a won deal; nothing if it would be won in the month its manager wins nothing."""
    rng = plan.story.rng
    road = [company.QUALIFIED]
    if thread.manager != staff.FEW_PROPOSALS or rng.random() < 0.25:
        road.append(company.PROPOSAL_SENT)
    if rng.random() < 0.7:
        road.append(company.NEGOTIATION)
    if rng.random() < 0.45:
        road.append(company.CONTRACT)
    road.append(company.INVOICE_SENT)
    times = []
    for _ in range(len(road) + 1):
        at = at_work(at + int(rng.gammavariate(1.5, 6) * DAY) + HOUR, rng)
        times.append(at)
    won_at = times.pop()
    if thread.manager == staff.MISSES_A_MONTH and month_of(won_at) % 12 == staff.MISSED_MONTH:
        return None
    _walk(plan, thread, list(zip(times, road, strict=True)), won_at)
    return won_at


def walk_to_loss(plan: Plan, thread: Thread, at: int, channel: str) -> int:
    rng = plan.story.rng
    deepest = rng.choices(_DEPTHS, _DEPTH_WEIGHTS)[0]
    if channel == staff.LOSING_CHANNEL and rng.random() < 0.75:
        deepest = company.TAKEN
    elif thread.manager == staff.FEW_PROPOSALS and rng.random() < 0.85:
        deepest = min(deepest, company.QUALIFIED)
    steps = []
    for stage in _DEPTHS[1 : _DEPTHS.index(deepest) + 1]:
        at = at_work(at + int(rng.gammavariate(1.5, 7) * DAY) + HOUR, rng)
        steps.append((at, stage))
    patience = 6 if deepest == company.TAKEN and rng.random() < 0.4 else 40
    lost_at = at_work(at + int(rng.gammavariate(2, patience / 2) * DAY) + HOUR, rng)
    _walk(plan, thread, steps, lost_at)
    reason = rng.choices(_REASONS, _REASON_WEIGHTS)[0]
    if channel == staff.LOSING_CHANNEL and rng.random() < 0.1:
        reason = company.NO_ANSWER
    plan.at(lost_at, _lose, plan, thread, reason, by=thread.manager)
    return lost_at


def _walk(plan: Plan, thread: Thread, steps: list[tuple[int, int]], end: int) -> None:
    """Stages with what happens between them: conversations, remarks, a call of the customer."""
    rng = plan.story.rng
    for place, (at, stage) in enumerate(steps):
        after = steps[place + 1][0] if place + 1 < len(steps) else end
        till = _deadline(rng, at, after)
        plan.at(at, _step, plan, thread, stage, till, by=thread.manager)
        draw = rng.random()
        between = at_work(at + int((after - at) * rng.uniform(0.2, 0.7)), rng)
        if between < after:
            if draw < 0.45:
                plan.at(between, _call, plan, thread, draw < 0.35, by=thread.manager)
            elif draw < 0.6:
                plan.at(between, _answer, plan, thread, by=thread.manager)
        if draw > 0.55:
            plan.at(at + 7 * MINUTE, _remark, plan, thread, by=thread.manager)


def _deadline(rng: random.Random, at: int, after: int | None = None) -> int:
    """Mostly a deadline that will be kept, sometimes one that passes before the next step."""
    if after is None:
        return at_work(at + int(rng.uniform(1, 20) * DAY), rng)
    if rng.random() < 0.85:
        return after + int(rng.uniform(1, 26) * HOUR)
    return at + (after - at) // 2


def _step(plan: Plan, thread: Thread, stage: int, till: int) -> None:
    story, deal = plan.story, thread.deal
    story.finish_task(deal)
    story.move(deal, stage)
    if stage == company.QUALIFIED and deal.truth.budget != thread.budget:
        _name_price(story, thread)
    story.set_task(deal, till)


def _name_price(story: Story, thread: Thread) -> None:
    deal = thread.deal
    deal.truth.budget = deal.record["price"] = thread.budget
    deal.record["updated_at"] = story.t


def _call(plan: Plan, thread: Thread, answered: bool) -> None:
    plan.story.call_out(thread.deal, plan.story.rng.randrange(25, 900) if answered else 0)


def _answer(plan: Plan, thread: Thread) -> None:
    plan.story.call_in(thread.deal, plan.story.rng.randrange(30, 500))


def _remark(plan: Plan, thread: Thread) -> None:
    plan.story.write_note(thread.deal)


def _lose(plan: Plan, thread: Thread, reason: int | None) -> None:
    plan.story.lose(thread.deal, reason)


def _win(plan: Plan, thread: Thread) -> None:
    plan.story.win(thread.deal)


def plan_money(plan: Plan, thread: Thread, won_at: int, channel: str) -> int | None:
    """The invoice, the victory and the payments; returns when the last traceable money came, if it
    did.
    """
    rng = plan.story.rng
    whole = thread.budget * 100
    draw = rng.random()
    evidence = "breakdown" if draw < 0.72 else "purpose" if draw < 0.89 else "tax_and_amount"
    if draw > 0.97:
        evidence = "none"
    kopecks = whole if evidence == "tax_and_amount" else whole + rng.randrange(1, 100)
    billed_at = at_work(won_at - int(rng.uniform(1, 5) * HOUR), rng)
    plan.at(min(billed_at, won_at - MINUTE), _bill, plan, thread, kopecks, by=thread.manager)
    plan.at(won_at, _win, plan, thread, by=thread.manager)
    if rng.random() < (0.6 if channel == staff.LOSING_CHANNEL else 0.1):
        return None
    parts = [kopecks]
    if evidence not in ("tax_and_amount", "none") and rng.random() < 0.3:
        first = kopecks * rng.randrange(30, 70) // 100
        parts = [first, kopecks - first]
    at = won_at
    for part in parts:
        at = at_work(at + int(rng.gammavariate(1.4, 5) * DAY) + HOUR, rng)
        plan.at(at, _pay, plan, thread, part, evidence)
    if rng.random() < 0.92:
        shipped_at = at_work(at + int(rng.uniform(0.1, 8) * DAY), rng)
        plan.at(shipped_at, _ship, plan, thread, rng.uniform(0.6, 0.85))
    return None if evidence == "none" else at


def _bill(plan: Plan, thread: Thread, kopecks: int) -> None:
    story = plan.story
    if thread.deal.truth.budget != thread.budget:
        _name_price(story, thread)
    spelling = "full" if story.rng.random() < 0.3 else "short"
    thread.invoice = story.books.bill(thread.deal, kopecks, spelling=spelling)


def _pay(plan: Plan, thread: Thread, kopecks: int, evidence: str) -> None:
    story = plan.story
    assert thread.invoice is not None
    private = not thread.deal.person.customer.inn
    trace = "breakdown" if private and evidence in ("tax_and_amount", "purpose") else evidence
    payer = story.firm(1) if trace == "none" else None
    story.books.pay(thread.invoice, kopecks, trace, style=story.rng.randrange(7), payer=payer)


def _ship(plan: Plan, thread: Thread, cost_share: float) -> None:
    assert thread.invoice is not None
    plan.story.books.ship(thread.invoice, cost_share)
