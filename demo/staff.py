"""Who works how: traits of managers and channels a reader of the numbers should find.

Belongs here: shares of enquiries, chances and habits by manager, channel and month. Does not
belong: single deals.
"""

from __future__ import annotations

import random
from bisect import bisect
from functools import lru_cache
from itertools import accumulate

from demo import company

FEW_PROPOSALS = 9104
FEW_LEADS_CLOSES_WELL = 9121
OVERLOADED = 9107
SILENT = 9118
MISSES_A_MONTH = 9106
LOSING_CHANNEL = "vk_ads"
GENEROUS = (9105, 9112, 9120)
NEUTRAL = (9101, 9102, 9103, 9110, 9111, 9113, 9117, 9119, 9122)
"""Managers without a story; the planted faults are theirs, so that no story is blurred."""

SILENT_WORKDAYS = 3
FLOOD_MONTHS = (7, 8, 9)
"""August to October (months counted from 0): the overloaded manager gets far too many enquiries,
every year.
"""
SAG_MONTHS = (8, 9, 10)
"""Enquiries of September to November suffer from it; their deals close about two months after the
flood began.
"""
MISSED_MONTH = 8
"""September: one manager wins nothing, every year."""

_CHANNEL_SHARE = {
    "yandex_direct": 24,
    "organic_search": 16,
    "vk_ads": 15,
    "phone": 15,
    "chat": 7,
    "referral": 6,
    "email": 5,
    "marketplace": 4,
    "exhibition": 3,
    "(blank)": 2,
    "mail": 2,
    "(unmatched)": 1,
}
_CHANCE = {
    "vk_ads": 0.02,
    "phone": 0.33,
    "referral": 0.45,
    "yandex_direct": 0.27,
    "organic_search": 0.3,
    "email": 0.32,
    "chat": 0.24,
    "exhibition": 0.26,
    "marketplace": 0.26,
    "outbound": 0.1,
}
_REPEAT_CHANNELS = ("phone", "phone", "phone", "email", "referral", "(blank)", "organic_search")
_CHANNELS = tuple(_CHANNEL_SHARE)
_CHANNEL_STEPS = tuple(accumulate(_CHANNEL_SHARE.values()))
_PEOPLE = tuple(person.id for person in company.MANAGERS)


def channel(rng: random.Random) -> company.Channel:
    """The channel of a first wish."""
    name = _CHANNELS[bisect(_CHANNEL_STEPS, rng.random() * _CHANNEL_STEPS[-1])]
    return company.MAIL_CHANNEL if name == "mail" else company.CHANNELS[name]


def repeat_channel(rng: random.Random) -> company.Channel:
    """The channel of somebody who has bought before."""
    return company.CHANNELS[rng.choice(_REPEAT_CHANNELS)]


@lru_cache(maxsize=16)
def _shares(month_of_year: int) -> tuple[float, ...]:
    shares = dict.fromkeys(_PEOPLE, 1.0)
    shares[FEW_LEADS_CLOSES_WELL] = 0.4
    shares[OVERLOADED] = 3.0 if month_of_year in FLOOD_MONTHS else 1.1
    return tuple(accumulate(shares.values()))


def manager(rng: random.Random, month: int) -> int:
    """Who gets an enquiry of an absolute month."""
    steps = _shares(month % 12)
    return _PEOPLE[bisect(steps, rng.random() * steps[-1])]


def chance_to_win(manager_id: int, channel_name: str, month: int) -> float:
    """How likely a wish of that month ends in a won deal."""
    chance = _CHANCE.get(channel_name, 0.2) * (0.9 + (manager_id * 7 % 10) / 45)
    if manager_id == FEW_LEADS_CLOSES_WELL:
        chance *= 2.2
    elif manager_id == FEW_PROPOSALS:
        chance *= 0.6
    elif manager_id == OVERLOADED:
        chance *= 0.15 if month % 12 in SAG_MONTHS else 1.3
    return min(chance, 0.8)


def percent_off(manager_id: int) -> int:
    """How much of the list price somebody takes off at least."""
    return 15 if manager_id in GENEROUS else 3 + manager_id % 5


def budget(rng: random.Random, manager_id: int) -> int:
    """An order in whole roubles; retail buys less than wholesale, never a round sum."""
    middle = {11: 11.9, 12: 10.6, 13: 11.5}[company.DEPARTMENT_OF[manager_id]]
    return max(int(rng.lognormvariate(middle, 0.7)), 3_000) // 10 * 10 + rng.randrange(1, 10)


def buys_privately(rng: random.Random, manager_id: int) -> bool:
    """Whether the buyer is a private person."""
    return rng.random() < (0.3 if company.DEPARTMENT_OF[manager_id] == 12 else 0.02)
