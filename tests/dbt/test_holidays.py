"""The seed holidays against the law it is made by and the norms that were published: no dbt."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "holidays.csv"
YEARS = range(2024, 2028)
ONE_DAY = timedelta(days=1)
Kinds = dict[date, str]

RUSSIAN_HOLIDAYS = [(1, day) for day in range(1, 9)] + [
    (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4),
]  # fmt: skip
"""Article 112 of the Labour Code."""

UKRAINIAN_HOLIDAYS = [
    (1, 1), (3, 8), (5, 1), (5, 8), (6, 28), (7, 15), (8, 24), (10, 1), (12, 25),
]  # fmt: skip
"""Article 73 of the Code of Labour Laws as of 2024, but for Easter and Trinity."""

# Working days and hours of a 40-hour week by month, as payroll departments are given them.
RUSSIA_2026 = [
    (15, 120), (19, 152), (21, 168), (22, 175), (19, 151), (21, 167),
    (23, 184), (21, 168), (22, 176), (22, 176), (20, 159), (22, 176),
]  # fmt: skip
# Published for the case that martial law ends in February 2026, so without January.
UKRAINE_2026 = [
    (20, 160), (21, 168), (21, 167), (19, 151), (20, 160),
    (22, 175), (20, 160), (22, 175), (21, 168), (21, 168), (22, 174),
]  # fmt: skip


def kinds_of(country: str) -> Kinds:
    with SEED.open(encoding="utf-8", newline="") as lines:
        return {
            date.fromisoformat(row["holiday_date"]): row["day_kind"]
            for row in csv.DictReader(lines)
            if row["country"] == country
        }


RUSSIA = kinds_of("RU")
UKRAINE = kinds_of("UA")


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + n * ONE_DAY for n in range((date(year + 1, 1, 1) - first).days)]


def is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def hours_of(day: date, kinds: Kinds) -> int:
    kind = kinds.get(day, "day_off" if is_weekend(day) else "working_day")
    return {"day_off": 0, "short_day": 7, "working_day": 8}[kind]


def norms_by_month(year: int, kinds: Kinds) -> list[tuple[int, int]]:
    days: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    for day in days_of(year):
        hours[day.month] += hours_of(day, kinds)
        days[day.month] += hours_of(day, kinds) > 0
    return [(days[month], hours[month]) for month in range(1, 13)]


def orthodox_easter(year: int) -> date:
    """Meeus' rule for the Julian calendar, thirteen days behind ours in this century."""
    moon = (19 * (year % 19) + 15) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + weekday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def ukrainian_year(year: int) -> Kinds:
    """What articles 53, 67 and 73 make of a year: holidays, moved days off, shorter eves."""
    holidays = {date(year, *day) for day in UKRAINIAN_HOLIDAYS}
    holidays |= {orthodox_easter(year), orthodox_easter(year) + timedelta(days=49)}
    days_off = set(holidays)
    for holiday in sorted(filter(is_weekend, holidays)):
        moved = holiday
        while is_weekend(moved) or moved in days_off:
            moved += ONE_DAY
        days_off.add(moved)
    eves = {day - ONE_DAY for day in {*holidays, date(year + 1, 1, 1)}}
    short = {day for day in eves - days_off if day.year == year and not is_weekend(day)}
    return dict.fromkeys(days_off, "day_off") | dict.fromkeys(short, "short_day")


def test_russian_months_have_the_published_days_and_hours() -> None:
    assert norms_by_month(2026, RUSSIA) == RUSSIA_2026


@pytest.mark.parametrize(("year", "working", "short"), [(2024, 248, 5), (2025, 247, 4)])
def test_russian_years_have_the_published_working_and_short_days(
    year: int, working: int, short: int
) -> None:
    hours = Counter(hours_of(day, RUSSIA) for day in days_of(year))
    assert (hours[8] + hours[7], hours[7]) == (working, short)


@pytest.mark.parametrize("year", YEARS)
def test_a_russian_holiday_on_a_weekend_is_a_day_off_elsewhere(year: int) -> None:
    """Decrees move days off and take none: weekends and holidays add up to all that are free."""
    holidays = {date(year, *day) for day in RUSSIAN_HOLIDAYS}
    free = [day for day in days_of(year) if hours_of(day, RUSSIA) == 0]
    assert holidays <= set(free)
    assert len(free) == len(holidays) + sum(map(is_weekend, days_of(year)))


@pytest.mark.parametrize("year", YEARS)
def test_a_russian_eve_of_a_holiday_is_short_when_it_is_worked(year: int) -> None:
    """Article 95; and a Saturday worked for an eve is as long as that eve would have been."""
    short = {day for day in days_of(year) if RUSSIA.get(day) == "short_day"}
    eves = {date(year, *day) - ONE_DAY for day in RUSSIAN_HOLIDAYS}
    worked_eves = {day for day in eves if day.year == year and hours_of(day, RUSSIA)}
    assert worked_eves <= short
    assert all(is_weekend(day) for day in short - worked_eves)


def test_ukrainian_months_have_the_published_days_and_hours() -> None:
    assert norms_by_month(2026, UKRAINE)[1:] == UKRAINE_2026


@pytest.mark.parametrize("year", YEARS)
def test_ukrainian_years_are_what_the_code_makes_of_them(year: int) -> None:
    listed = {day: kind for day, kind in UKRAINE.items() if day.year == year}
    assert listed == ukrainian_year(year)
