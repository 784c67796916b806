"""The whole demo company up to a present: stories told month by month into one store and one
ledger.

Every story has its own random numbers (seed, month, place in the month) and its own block of ids,
and is told in time order up to the present. So the same seed and date give the same world, and a
later present (with `months` grown to keep the first month) gives the same world continued. The one
exception: the silent manager's last three workdays. Belongs here: how many stories a month has and
the order of telling. Does not belong: what happens in a story.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo import (
    accounting_catalogs,
    assortment,
    bookkeeping,
    crm_records,
    pbx,
    regulars,
    staff,
    yandex_direct_ads,
)
from demo.cards import Binned
from demo.cast import Deal
from demo.identity import STORIES_A_MONTH
from demo.ledger import IntentTruth, Ledger
from demo.lives import tell_life
from demo.moscow import FIRST_MONTH, month_of, month_start, workdays_before
from demo.other_lives import keep_house
from demo.scenarios import SCENARIOS, tell_scenario
from demo.store import Store, empty_store
from demo.story import Story
from demo.tales import findable_stories

FIRST_LIFE = 100
"""Places of a month: scenarios first (so that they get short invoice numbers), then lives, then
scenarios told once more, then what is made happen.
"""
FIRST_RETELLING = 2400
FIRST_HAPPENING = 2520
HOUSEKEEPING = STORIES_A_MONTH - 1
MOST_FAULTS = 10
LIVES_A_MONTH = 325
"""With repeat purchases and the planted scenarios this makes about 400 enquiries a month."""

_SEASON = (0.85, 0.95, 1.08, 1.05, 0.92, 0.97, 0.95, 0.98, 1.08, 1.12, 1.08, 0.97)


@dataclass
class World:
    """The store the stand-ins serve, the ledger that knows the truth, and the present both are
    told up to.

    What happenings took away and can bring back: `wishes_gone`, by the deal that was deleted, and
    `binned`, cards by their id.
    """

    store: Store
    ledger: Ledger
    as_of: datetime
    seed: int
    deals: dict[int, Deal] = field(default_factory=dict)
    happenings: int = 0
    wishes_gone: dict[int, IntentTruth] = field(default_factory=dict)
    binned: dict[int, Binned] = field(default_factory=dict)

    def truth(self) -> dict[str, Any]:
        """The ledger, and beside it what the ads cost and who talked how long, which follow from
        the store.
        """
        return self.ledger.as_json() | {
            "ad_spend": yandex_direct_ads.spend(self.store, self.as_of),
            "calls": pbx.monthly(self.store, int(self.as_of.timestamp())),
        }

    def forget_wish(self, deal: Deal) -> str:
        """The intent of a deal counts no more, until `recall_wish`; returns its id."""
        assert deal.intent is not None
        wish = self.ledger.intents.pop(deal.intent.intent_id)
        self.wishes_gone[deal.id] = wish
        deal.intent = deal.truth.intent_id = None
        return wish.intent_id

    def recall_wish(self, deal: Deal) -> None:
        """The intent `forget_wish` took away counts again."""
        deal.intent = wish = self.wishes_gone.pop(deal.id)
        deal.truth.intent_id = wish.intent_id
        self.ledger.intents[wish.intent_id] = wish

    def same_wish(self, first: Deal, again: Deal) -> str:
        """What was taken for a wish of its own was the first one said again; returns the id of the
        one that is none.
        """
        assert first.intent is not None
        assert again.intent is not None
        assert again.enquiry is not None
        wish, none = first.intent, self.ledger.intents.pop(again.intent.intent_id)
        wish.enquiry_records += none.enquiry_records
        wish.deal_ids += none.deal_ids
        wish.primary_deal_id = again.id
        again.intent = wish
        again.truth.intent_id = again.enquiry.intent_id = wish.intent_id
        return none.intent_id


def build_world(*, seed: int, months: int, scale: float, as_of: datetime, faults: int = 1) -> World:
    """The company's last `months` calendar months, the running one included, up to `as_of` (aware).

    `scale` 1 is about 400 enquiries a month, `faults` how many times as often as every third month
    each planted difficulty is told. Raises ValueError for a naive `as_of`, no months, a start
    before 2015, or a scale or faults too large for a month's numbers.
    """
    if as_of.tzinfo is None:
        raise ValueError("The demo company needs a present with a time zone.")
    until = int(as_of.timestamp())
    first, last = month_of(until) - months + 1, month_of(until)
    if not 1 <= faults <= MOST_FAULTS:
        raise ValueError(f"Planted difficulties can be told 1 to {MOST_FAULTS} times as often.")
    if months < 1 or first < FIRST_MONTH:
        raise ValueError(
            "The demo company needs at least one month and starts no earlier than 2015."
        )
    world = World(empty_store(), Ledger(seed=seed, months=months, as_of=until), as_of, seed)
    crm_records.write_dictionaries(world.store, month_start(first))
    accounting_catalogs.write_catalogs(world.store, month_start(first))
    accounting_catalogs.write_registers(world.store, month_start(first), until)
    assortment.write_lists(world.store, month_start(first))
    silent_since = workdays_before(until, staff.SILENT_WORKDAYS)
    for month in range(first, last + 1):
        _tell_month(world, month, until, scale, faults, silent_since)
    assortment.link_products(world.store, world.deals.values())
    regulars.write_cards(world.store, world.deals.values())
    bookkeeping.keep_books(world.store, world.ledger, world.deals.values())
    world.ledger.stories = findable_stories(world.ledger)
    return world


def _tell_month(
    world: World, month: int, until: int, scale: float, faults: int, silent_since: int
) -> None:
    for place, scenario in enumerate(SCENARIOS):
        for telling in range(scenario.tellings_in(month, place, faults)):
            at = FIRST_RETELLING + (telling - 1) * len(SCENARIOS) + place if telling else place
            fault = tell_scenario(scenario, Story(world, world.seed, month, at, until))
            if fault is not None:
                world.ledger.faults.append(fault)
    for place in range(FIRST_LIFE, FIRST_LIFE + _lives(world.seed, month, scale)):
        tell_life(Story(world, world.seed, month, place, until), silent_since)
    keep_house(Story(world, world.seed, month, HOUSEKEEPING, until))


def _lives(seed: int, month: int, scale: float) -> int:
    chance = random.Random(f"{seed}:{month}:lives")
    lives = round(LIVES_A_MONTH * scale * _SEASON[month % 12] * chance.uniform(0.95, 1.05))
    if FIRST_LIFE + lives > FIRST_RETELLING:
        raise ValueError("The scale is too large for the numbers of one month: at most 6.")
    return lives
