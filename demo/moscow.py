"""Moscow time as plain integers: days, months and business hours of the demo company.

Instants are unix seconds everywhere in `demo`. Moscow has been UTC+3 without daylight saving since
26 October 2014, so a constant offset is exact; `build_world` refuses to go back further.
Belongs here: the calendar and how busy each hour is. Does not belong: what people do at those
hours.
"""

from __future__ import annotations

import random
from bisect import bisect
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import accumulate

MINUTE = 60
HOUR = 3600
DAY = 86_400
OFFSET = 3 * HOUR
OPENS = 9 * HOUR
CLOSES = 18 * HOUR
FIRST_MONTH = 2015 * 12

_HOLIDAYS = frozenset(
    [(1, day) for day in range(1, 9)] + [(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)]
)
# How many people write to a wholesaler on each weekday, Monday first, and in each hour.
_WEEKDAY_WEIGHT = (1.25, 1.15, 1.1, 1.05, 0.9, 0.25, 0.15)
_HOLIDAY_WEIGHT = 0.08
_HOUR_WEIGHT = {
    8: 2, 9: 8, 10: 12, 11: 13, 12: 11, 13: 8, 14: 10, 15: 11, 16: 10, 17: 8, 18: 4, 19: 2, 20: 1
}  # fmt: skip
_HOURS = tuple(_HOUR_WEIGHT)
_HOUR_STEPS = tuple(accumulate(_HOUR_WEIGHT.values()))


def month_number(year: int, month: int) -> int:
    """The absolute number of a calendar month: years times 12 plus the month counted from 0."""
    return year * 12 + month - 1


def month_of(at: int) -> int:
    """The absolute number of the Moscow month an instant lies in."""
    local = datetime.fromtimestamp(at + OFFSET, UTC)
    return month_number(local.year, local.month)


def month_start(month: int) -> int:
    """The instant a Moscow month begins."""
    return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()) - OFFSET


def month_name(month: int) -> str:
    """`2026-03` for an absolute month."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def utc_text(at: int | None) -> str | None:
    """An instant as ISO text in UTC, or nothing for nothing."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def local_text(at: int) -> str:
    """The naive Moscow text 1C writes: `2026-02-01T12:30:00`."""
    return datetime.fromtimestamp(at + OFFSET, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def written_instant(text: str, form: str) -> int:
    """The instant of Moscow time written in a form of strptime; ValueError for others."""
    return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) - OFFSET


def local_instant(text: str) -> int:
    """The instant of a naive Moscow text."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) - OFFSET


def local_date_text(at: int) -> str:
    """A date as people write it: `12.03.2026`."""
    return datetime.fromtimestamp(at + OFFSET, UTC).strftime("%d.%m.%Y")


def local_year(at: int) -> int:
    """The Moscow year of an instant."""
    return datetime.fromtimestamp(at + OFFSET, UTC).year


@lru_cache(maxsize=8192)
def _is_workday(day: int) -> bool:
    if (day + 3) % 7 >= 5:
        return False
    local = date.fromordinal(day + 719_163)
    return (local.month, local.day) not in _HOLIDAYS


def at_work(at: int, rng: random.Random) -> int:
    """The same instant if people are at work then, else some minutes after they come in next."""
    day, second = divmod(at + OFFSET, DAY)
    if _is_workday(day) and OPENS <= second < CLOSES:
        return at
    if second >= CLOSES:
        day += 1
    while not _is_workday(day):
        day += 1
    return day * DAY + OPENS + int(rng.random() * 80 * MINUTE) - OFFSET


def workdays_before(at: int, count: int) -> int:
    """The local midnight that begins the last `count` whole workdays before today (Moscow)."""
    day = (at + OFFSET) // DAY
    while count:
        day -= 1
        count -= _is_workday(day)
    return day * DAY - OFFSET


@lru_cache(maxsize=512)
def _day_steps(month: int) -> tuple[tuple[float, ...], int]:
    first = (month_start(month) + OFFSET) // DAY
    after = (month_start(month + 1) + OFFSET) // DAY
    weights = []
    for day in range(first, after):
        local = date.fromordinal(day + 719_163)
        holiday = (local.month, local.day) in _HOLIDAYS
        weights.append(_HOLIDAY_WEIGHT if holiday else _WEEKDAY_WEIGHT[local.weekday()])
    return tuple(accumulate(weights)), first


def busy_moment(month: int, rng: random.Random) -> int:
    """An instant of the month at which somebody is likely to write to a wholesaler."""
    steps, first = _day_steps(month)
    day = first + bisect(steps, rng.random() * steps[-1])
    hour = _HOURS[bisect(_HOUR_STEPS, rng.random() * _HOUR_STEPS[-1])]
    return day * DAY + hour * HOUR + int(rng.random() * HOUR) - OFFSET
