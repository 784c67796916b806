"""When people may be disturbed: quiet hours, days off and the hour of the daily digest.

Every moment here is in the business time zone; which zone that is belongs to `settings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

# The longest row of days off the search for the next working day looks across.
_HORIZON_DAYS = 40


@dataclass(frozen=True)
class QuietHours:
    """Quiet from `starts` over midnight to `ends`, and all day long on days off.

    `days_off` are weekdays (Monday is 0); `holidays` are "MM-DD" for every year or "YYYY-MM-DD".
    """

    starts: time
    ends: time
    days_off: frozenset[int]
    holidays: frozenset[str]
    digest_at: time

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet time `now` is in, or None when people may be disturbed."""
        is_quiet = self._is_day_off(now.date()) or not self.ends <= now.time() < self.starts
        return self._next(self.ends, now) if is_quiet else None

    def digest_moment(self, now: datetime, *, had_today: bool) -> datetime:
        """`now` when the day's digest is due, otherwise when it will be."""
        is_open = self.until(now) is None
        if is_open and now.time() >= self.digest_at and not had_today:
            return now
        return self._next(self.digest_at, now)

    def _next(self, at: time, now: datetime) -> datetime:
        for day in _days_from(now.date()):
            moment = datetime.combine(day, at, tzinfo=now.tzinfo)
            if moment > now and not self._is_day_off(day):
                return moment
        return datetime.combine(now.date() + timedelta(days=_HORIZON_DAYS), at, tzinfo=now.tzinfo)

    def _is_day_off(self, day: date) -> bool:
        return (
            day.weekday() in self.days_off
            or day.isoformat() in self.holidays
            or day.strftime("%m-%d") in self.holidays
        )


def _days_from(first: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range(_HORIZON_DAYS))
