"""Ordinary lives: what a person wants, when they come back, and how their deals go.

Belongs here: the plan of a life, drawn from its own random numbers and written down before
anything of it happens. Does not belong: planted difficulties (`scenarios`), single acts (`story`),
the traits of managers (`staff`).

The generator keeps away from borderline cases on purpose: a second enquiry about the same wish
comes while its deal is open or a few days after it was lost; a new wish comes months after a loss,
or after a purchase; nobody phones after their deal is closed except with a new wish.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from demo import company, staff, words
from demo.accounting_records import RECEIPTS, WRITE_OFFS
from demo.cast import Customer, Deal, Invoice, Person
from demo.identity import guid
from demo.ledger import IntentTruth, PaymentTruth
from demo.moscow import DAY, HOUR, MINUTE, at_work, busy_moment, month_of, month_start
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
_MOST_WISHES = 4


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


def tell_life(story: Story, silent_since: int) -> None:
    """The ordinary life number `story.index` of its month."""
    rng = story.rng
    start = busy_moment(story.month, rng)
    plan = Plan(story, silent_since)
    draw = rng.random()
    if draw < 0.04:
        _plan_junk(plan, start)
    elif draw < 0.08:
        _plan_outbound(plan, at_work(start, rng))
    else:
        _plan_buyer(plan, start)
    plan.tell()


def _plan_buyer(plan: Plan, start: int) -> None:
    story, rng = plan.story, plan.story.rng
    manager, channel = staff.manager(rng, story.month), staff.channel(rng)
    person = story.someone(private=staff.buys_privately(rng, manager))
    if channel.name == "marketplace" and rng.random() < 0.25:
        person.phone = person.email = ""  # some marketplaces show no contacts of their customers
    elif channel.kind not in ("form", "mail") and rng.random() < 0.4:
        person.email = ""
    _Life(plan, person, manager, _city(rng)).wish(start, channel, first=True)


@dataclass
class _Life:
    """The wishes of one person, planned one after another."""

    plan: Plan
    person: Person
    manager: int
    city: str | None
    wishes: int = 0
    has_bought: bool = False

    @property
    def rng(self) -> random.Random:
        return self.plan.story.rng

    def wish(self, at: int, channel: company.Channel, *, first: bool) -> None:
        """Plan a wish from its first enquiry to its last payment, and perhaps the next wish after
        it.
        """
        rng, plan = self.rng, self.plan
        self.wishes += 1
        if channel.kind in ("manual", "call"):
            at = at_work(at, rng)
        thread = Thread(self.manager, staff.budget(rng, self.manager))
        announced = channel.kind != "call" or rng.random() < 0.75
        new_card = not first and bool(self.person.phone) and rng.random() < 0.15
        handed = announced and channel.kind != "manual" and rng.random() < 0.12
        typed_by = 0 if announced and channel.kind != "manual" else self.manager
        plan.at(at, self._arrive, thread, channel, announced, new_card, handed, by=typed_by)
        if handed:
            plan.at(at + MINUTE, self._hand_over, thread)
        taken_at = _take(plan, thread, at)
        chance = staff.chance_to_win(self.manager, channel.name, month_of(at))
        if not first:
            chance = min(chance * 1.6, 0.75)
        won_at = None
        if rng.random() < chance:
            won_at = _walk_to_win(plan, thread, taken_at)
        if won_at is None:
            lost_at = _walk_to_loss(plan, thread, taken_at, channel.name)
            self._after_loss(lost_at, thread, may_reconsider=first and self._asks_freely)
            return
        if first and self._asks_freely and rng.random() < 0.12:
            self._ask_again_while_open(thread, at, taken_at)
        traced_until = _plan_money(plan, thread, won_at, channel.name)
        if traced_until is not None:
            self._after_purchase(traced_until)

    @property
    def _asks_freely(self) -> bool:
        """Whether a second enquiry is surely the same wish: a known person of a company that never
        paid.
        """
        return bool(self.person.phone) and not self.has_bought

    def _hand_over(self, thread: Thread) -> None:
        self.plan.story.hand_over(thread.deal, thread.manager, company.HEAD_OF_SALES_ID)

    def _arrive(
        self,
        thread: Thread,
        channel: company.Channel,
        announced: bool,
        new_card: bool,
        handed: bool,
    ) -> None:
        story, rng = self.plan.story, self.rng
        thread.intent = story.want(self.person, channel)
        thread.born = story.enquire(
            self.person,
            channel,
            thread.intent,
            responsible=company.HEAD_OF_SALES_ID if handed else thread.manager,
            budget=thread.budget if rng.random() < 0.4 else 0,
            new_card=new_card,
            style=rng.randrange(6),
            city=self.city,
            announced=announced,
        )
        if rng.random() < 0.7:
            kind = "Розница" if not self.person.customer.inn else rng.choice(("Опт", "Дилер"))
            story.fill(thread.born, company.CLIENT_TYPE_FIELD, kind, author=company.ROBOT_ID)

    def _ask_again_while_open(self, thread: Thread, at: int, taken_at: int) -> None:
        """The person fills the form once more; the manager closes the double within the hour."""
        again = at_work(max(at + int(self.rng.uniform(1, 4) * DAY), taken_at + HOUR), self.rng)
        self.plan.at(again, self._double, thread, by=thread.manager)

    def _double(self, thread: Thread) -> None:
        story = self.plan.story
        if thread.deal.truth.status != "open":
            return
        closed_at = story.t
        story.t -= self.rng.randrange(11, 50) * MINUTE
        double = story.enquire(
            self.person,
            company.CHANNELS["organic_search"],
            thread.intent,
            responsible=thread.manager,
            budget=0,
            new_card=True,
            style=self.rng.randrange(6),
        )
        story.t = closed_at
        story.lose(double, company.OTHER_REASON)

    def _after_loss(self, lost_at: int, thread: Thread, *, may_reconsider: bool) -> None:
        rng = self.rng
        draw = rng.random()
        if draw < 0.025 and may_reconsider:
            self._reconsider(lost_at + int(rng.uniform(2, 8) * DAY), thread)
        elif draw < 0.09 and self.wishes < _MOST_WISHES:
            self.wish(lost_at + int(rng.uniform(70, 200) * DAY), staff.channel(rng), first=True)
        elif draw < 0.14:
            moved_at = at_work(lost_at + int(rng.uniform(1, 5) * DAY), rng)
            self.plan.at(moved_at, self._warm, thread, by=thread.manager)

    def _warm(self, thread: Thread) -> None:
        self.plan.story.move(thread.deal, company.WARMING_WAITS, pipeline=company.WARMING)

    def _reconsider(self, at: int, lost: Thread) -> None:
        """Days after the loss the same wish comes back, with a deal of its own."""
        again = Thread(self.manager, staff.budget(self.rng, self.manager))
        self.plan.at(at, self._return, again, lost)
        taken_at = _take(self.plan, again, at)
        if self.rng.random() < 0.4:
            won_at = _walk_to_win(self.plan, again, taken_at)
            if won_at is not None:
                _plan_money(self.plan, again, won_at, "")
                return
        _walk_to_loss(self.plan, again, taken_at, "")

    def _return(self, thread: Thread, lost: Thread) -> None:
        thread.intent = lost.intent
        thread.born = self.plan.story.enquire(
            self.person,
            company.CHANNELS["yandex_direct"],
            lost.intent,
            responsible=thread.manager,
            budget=thread.budget,
            style=1,
            city=self.city,
        )
        assert lost.intent is not None
        lost.intent.primary_deal_id = thread.born.id

    def _after_purchase(self, paid_at: int) -> None:
        rng = self.rng
        self.has_bought = True
        if self.wishes < _MOST_WISHES and rng.random() < 0.4:
            month = month_of(paid_at + int(rng.uniform(20, 150) * DAY))
            soonest = paid_at + int(rng.uniform(3, 9) * DAY)
            self.wish(max(busy_moment(month, rng), soonest), staff.repeat_channel(rng), first=False)
        elif rng.random() < 0.06 and self.person.customer.inn:
            story = self.plan.story
            colleague = _Life(
                self.plan,
                story.colleague(self.person),
                self.manager,
                self.city,
                _MOST_WISHES - 1,
                has_bought=True,
            )
            colleague.wish(paid_at + int(rng.uniform(10, 90) * DAY), staff.channel(rng), first=True)


def _take(plan: Plan, thread: Thread, at: int) -> int:
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


def _walk_to_win(plan: Plan, thread: Thread, at: int) -> int | None:
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


def _walk_to_loss(plan: Plan, thread: Thread, at: int, channel: str) -> int:
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


def _plan_money(plan: Plan, thread: Thread, won_at: int, channel: str) -> int | None:
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


# Enquiries that are no wish to buy, and deals nobody asked for


def _plan_junk(plan: Plan, start: int) -> None:
    story, rng = plan.story, plan.story.rng
    manager = staff.manager(rng, story.month)
    reason = rng.choices(("spam", "not_a_buyer", "deleted_in_crm", "test"), (45, 35, 15, 5))[0]
    noticed_at = at_work(start + 3 * HOUR, rng)
    plan.at(noticed_at, _junk, plan, manager, story.someone(private=True), reason, by=manager)


def _junk(plan: Plan, manager: int, person: Person, reason: str) -> None:
    """It came within the last hours; told when it is noticed, so that truth and records never
    disagree.
    """
    story, rng = plan.story, plan.story.rng
    noticed_at = story.t
    story.t -= rng.randrange(11, 170) * MINUTE
    names = {"spam": words.SPAM_NAMES, "not_a_buyer": words.NOT_BUYERS, "test": ("Тест формы",)}
    tags = {"spam": (company.SPAM_TAG,), "test": (company.TEST_TAG,)}
    reasons = {"spam": company.SPAM_REASON, "not_a_buyer": company.NOT_OUR_CLIENT}
    tagged = reason == "test" or (reason == "spam" and rng.random() < 0.5)
    deal = story.enquire(
        person,
        company.CHANNELS[rng.choice(("vk_ads", "yandex_direct", "organic_search", "chat"))],
        None,
        responsible=manager,
        budget=0,
        style=rng.randrange(6),
        name=rng.choice(names[reason]) if reason in names else None,
        tags=tags[reason] if tagged else (),
        excluded=reason,
    )
    story.t = noticed_at
    if reason == "deleted_in_crm":
        story.delete(deal, manager)
    else:
        story.lose(deal, None if tagged else reasons[reason])


def _plan_outbound(plan: Plan, start: int) -> None:
    """A manager calls somebody who wanted nothing: a deal, no lead."""
    story, rng = plan.story, plan.story.rng
    manager = staff.manager(rng, story.month)
    thread = Thread(manager, staff.budget(rng, manager))
    plan.at(start, _reach_out, plan, thread, story.someone(), by=manager)
    taken_at = _take(plan, thread, start)
    chance = staff.chance_to_win(manager, "outbound", story.month)
    won_at = _walk_to_win(plan, thread, taken_at) if rng.random() < chance else None
    if won_at is None:
        _walk_to_loss(plan, thread, taken_at, "outbound")
    else:
        _plan_money(plan, thread, won_at, "outbound")


def _reach_out(plan: Plan, thread: Thread, person: Person) -> None:
    thread.born = plan.story.enquire(
        person,
        company.CHANNELS["outbound"],
        None,
        responsible=thread.manager,
        budget=thread.budget,
    )


# Money that is none of the customers'


def keep_house(story: Story) -> None:
    """What the bank account of a company sees besides: transfers, a loan, suppliers; one story a
    month.
    """
    plan = Plan(story, story.until + 1)
    rng = story.rng
    supplier = story.firm()
    kinds: tuple[tuple[str, int, Customer | None, str, str], ...] = (
        (RECEIPTS, 1, None, company.OWN_TRANSFER, "Перевод собственных средств между счетами"),
        (RECEIPTS, 1, supplier, company.OTHER_RECEIPT, "Возврат излишне уплаченного"),
        (WRITE_OFFS, -1, supplier, company.SUPPLIER_PAYMENT, "Оплата поставщику по договору"),
        (WRITE_OFFS, -1, supplier, company.SUPPLIER_PAYMENT, "Оплата поставщику, доставка"),
    )
    if story.month % 6 == 0:
        kinds += ((RECEIPTS, 1, supplier, company.LOAN_RECEIVED, "Займ по договору"),)
    for entity, sign, party, kind, purpose in kinds:
        at = at_work(month_start(story.month) + int(rng.uniform(0, 27) * DAY), rng)
        kopecks = rng.randrange(50_000_00, 900_000_00)
        plan.at(at, _house_money, story, entity, sign * kopecks, party, kind, purpose)
    plan.tell()


def _house_money(
    story: Story, entity: str, kopecks: int, party: Customer | None, kind: str, purpose: str
) -> None:
    truth = PaymentTruth(
        guid(story.rng), entity, story.t, kopecks, "none", None, None, is_sales_money=False
    )
    story.books.bank(party, abs(kopecks), truth, kind, purpose)


def _city(rng: random.Random) -> str | None:
    """A city as people write it: mostly right, sometimes not, sometimes not at all."""
    city = rng.choice(words.CITIES)
    draw = rng.random()
    if draw < 0.2:
        return None
    if draw < 0.35 and city in words.MISSPELT_CITIES:
        return rng.choice(words.MISSPELT_CITIES[city])
    return city
