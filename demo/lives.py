"""Ordinary lives: what a person wants, when they come back, and how their deals go.

Belongs here: the plan of a life, drawn from its own random numbers and written down before
anything of it happens. Does not belong: how a deal goes (`deal_roads`), who wanted nothing
(`other_lives`), planted difficulties (`plays`), single acts (`story`), the traits of managers
(`staff`).

The generator keeps away from borderline cases on purpose: a second enquiry about the same wish
comes while its deal is open or a few days after it was lost; a new wish comes months after a loss,
or after a purchase; nobody phones after their deal is closed except with a new wish.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo import company, staff, words
from demo.cast import Person
from demo.deal_roads import Plan, Thread, plan_money, take, walk_to_loss, walk_to_win
from demo.moscow import DAY, HOUR, MINUTE, at_work, busy_moment, month_of
from demo.other_lives import plan_junk, plan_outbound
from demo.story import Story

_MOST_WISHES = 4


def tell_life(story: Story, silent_since: int) -> None:
    """The ordinary life number `story.index` of its month."""
    rng = story.rng
    start = busy_moment(story.month, rng)
    plan = Plan(story, silent_since)
    draw = rng.random()
    if draw < 0.04:
        plan_junk(plan, start)
    elif draw < 0.08:
        plan_outbound(plan, at_work(start, rng))
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
        taken_at = take(plan, thread, at)
        chance = staff.chance_to_win(self.manager, channel.name, month_of(at))
        if not first:
            chance = min(chance * 1.6, 0.75)
        won_at = None
        if rng.random() < chance:
            won_at = walk_to_win(plan, thread, taken_at)
        if won_at is None:
            lost_at = walk_to_loss(plan, thread, taken_at, channel.name)
            self._after_loss(lost_at, thread, may_reconsider=first and self._asks_freely)
            return
        if first and self._asks_freely and rng.random() < 0.12:
            self._ask_again_while_open(thread, at, taken_at)
        traced_until = plan_money(plan, thread, won_at, channel.name)
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
        taken_at = take(self.plan, again, at)
        if self.rng.random() < 0.4:
            won_at = walk_to_win(self.plan, again, taken_at)
            if won_at is not None:
                plan_money(self.plan, again, won_at, "")
                return
        walk_to_loss(self.plan, again, taken_at, "")

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


def _city(rng: random.Random) -> str | None:
    """A city as people write it: mostly right, sometimes not, sometimes not at all."""
    city = rng.choice(words.CITIES)
    draw = rng.random()
    if draw < 0.2:
        return None
    if draw < 0.35 and city in words.MISSPELT_CITIES:
        return rng.choice(words.MISSPELT_CITIES[city])
    return city
