"""How numbers, days and moments are written in the reader's language; None is a dash."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dashboards.words import CURRENCY_SIGNS, Locale, word

NOTHING = "—"
SPACE = "\u00a0"
MINUS = "\u2212"
_SCALES: tuple[tuple[str, int], ...] = (("millions", 1_000_000), ("thousands", 1_000))


class Formats:
    """The writing of one company: its language, currency and time zone."""

    def __init__(self, locale: Locale, currency: str, timezone: ZoneInfo) -> None:
        self.locale = locale
        self.sign = CURRENCY_SIGNS.get(currency, currency)
        self.timezone = timezone

    def number(self, value: Decimal | int | float | None, digits: int = 0) -> str:
        """`1 234 567,8`; English writes `1,234,567.8`."""
        if value is None:
            return NOTHING
        unit = Decimal(1).scaleb(-digits)
        rounded = Decimal(str(value)).quantize(unit, ROUND_HALF_UP)
        text = f"{abs(rounded):,f}"
        if self.locale != "en":
            text = text.replace(",", SPACE).replace(".", ",")
        return f"{MINUS}{text}" if rounded < 0 else text

    def money(self, value: Decimal | int | None) -> str:
        """`1 234 567 ₽`, without kopecks."""
        return NOTHING if value is None else f"{self.number(value)}{SPACE}{self.sign}"

    def scale(self, largest: Decimal, unit: str) -> tuple[int, str]:
        """By what a chart of such numbers is divided, and the words for it."""
        if unit == "money":
            for name, scale in _SCALES:
                if abs(largest) >= scale:
                    return scale, f"{word(name, self.locale)}{SPACE}{self.sign}"
            return 1, self.sign
        return 1, ""

    def percent(self, share: Decimal | float | None) -> str:
        """`12,5 %` of a share 0..1."""
        if share is None:
            return NOTHING
        percents = Decimal(str(share)) * 100
        return f"{self.number(percents, 1)}{SPACE}%"

    def value(self, value: Decimal | None, unit: str) -> str:
        """A measure by its unit: money, share, count, or a duration."""
        if unit == "money":
            return self.money(value)
        if unit == "share":
            return self.percent(value)
        if value is None or unit in ("count", "ratio"):
            return self.number(value, 0 if unit == "count" else 2)
        return f"{self.number(value, 1)}{SPACE}{word('unit_' + unit, self.locale)}"

    def change(self, current: Decimal | None, before: Decimal | None, unit: str) -> str:
        """`+12 %` against a positive `before`; shares change by points; else nothing."""
        if current is None or before is None:
            return ""
        if unit == "share":
            points = (current - before) * 100
            return f"{_plus(points)}{self.number(points, 1)}{SPACE}{word('points', self.locale)}"
        if before <= 0:
            return ""
        change = ((current - before) / before * 100).quantize(Decimal(1), ROUND_HALF_UP)
        return f"{_plus(change)}{self.number(change)}{SPACE}%"

    def day(self, day: date | None) -> str:
        """`26.11.2026`; English writes `26 Nov 2026`."""
        if day is None:
            return NOTHING
        if self.locale == "en":
            return f"{day.day} {self.month_short(day)} {day.year}"
        return f"{day:%d.%m.%Y}"

    def moment(self, moment: datetime | None) -> str:
        """A day and the clock of the business zone."""
        if moment is None:
            return NOTHING
        local = moment.astimezone(self.timezone)
        return f"{self.day(local.date())}, {local:%H:%M}"

    def local(self, moment: datetime) -> datetime:
        """The clock of the business zone without its name, as Excel wants it."""
        return moment.astimezone(self.timezone).replace(tzinfo=None)

    def month(self, month: date) -> str:
        """`ноябрь 2026`."""
        return f"{word('months', self.locale).split()[month.month - 1]} {month.year}"

    def month_short(self, month: date) -> str:
        """`ноя`."""
        return word("months_short", self.locale).split()[month.month - 1]

    def age(self, minutes: Decimal | None) -> str:
        """`5 мин`, `3 ч 5 мин`, `2 дн. 4 ч`."""
        if minutes is None:
            return NOTHING
        hours, rest = divmod(max(0, int(minutes)), 60)
        in_minutes, in_hours, in_days = (
            word(f"unit_{unit}", self.locale) for unit in ("minutes", "hours", "days")
        )
        if hours < 1:
            return f"{rest}{SPACE}{in_minutes}"
        if hours < 48:
            return f"{hours}{SPACE}{in_hours} {rest}{SPACE}{in_minutes}"
        return f"{hours // 24}{SPACE}{in_days} {hours % 24}{SPACE}{in_hours}"


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def _plus(value: Decimal) -> str:
    return "+" if value > 0 else ""
