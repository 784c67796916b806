"""The business clock: what its macro says in Postgres against a count made here in another way.

Here a span is cut by the hours worked on each date, one after the other; the macro takes the
difference of two readings of a running sum. The two share the seed holidays and nothing else.
"""

import csv
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql

from tests.dbt.conftest import DBT, Dbt

pytestmark = pytest.mark.integration

FIRST_DATE, LAST_DATE = date(2024, 1, 1), date(2027, 12, 31)
NOW = "2026-12-30T12:00:00Z"  # the calendar ends 366 days later
SPANS_COUNT = 10_000
ONE_DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
ANNA, BORIS = "amocrm:main:1", "amocrm:main:2"
NOBODY_ON_LEAVE = "amocrm:main:3"
LEAVE = {
    ANNA: {date(2026, 7, 6) + n * ONE_DAY for n in range(14)} | {date(2024, 12, 28)},
    BORIS: {date(2025, 3, 28), date(2025, 11, 1), date(2025, 11, 2), date(2027, 12, 31)},
}

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Span:
    """What the clock is read for; `person` may be nobody."""

    from_at: datetime
    until_at: datetime | None
    person: str | None = None


@dataclass(frozen=True)
class Hours:
    """A company's working time: its zone, country and opening hours in minutes since midnight."""

    zone: str
    country: str
    opens: int = 9 * 60
    closes: int = 18 * 60

    @property
    def variables(self) -> dict[str, object]:
        """As dbt is told of them. Holidays count, martial law or not: here they are test data."""
        return {
            "calendar_first_date": FIRST_DATE.isoformat(),
            "business_day_opens_at": f"{self.opens // 60:02}:{self.opens % 60:02}",
            "business_day_closes_at": f"{self.closes // 60:02}:{self.closes % 60:02}",
            "holiday_country": self.country,
            "holidays_suspended": {},
        }

    def instant(self, day: date, minute: int) -> datetime:
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        # Added to a wall clock, a timedelta moves its hands and knows nothing of daylight saving.
        return (local + timedelta(minutes=minute)).astimezone(UTC)

    def intervals(self, days_off: Iterable[date] = ()) -> list[Interval]:
        """Every stretch worked from the first date to the last, in order."""
        with (DBT / "seeds" / "holidays.csv").open(encoding="utf-8", newline="") as lines:
            kinds = {
                date.fromisoformat(row["holiday_date"]): row["day_kind"]
                for row in csv.DictReader(lines)
                if row["country"] == self.country
            }
        kinds |= dict.fromkeys(days_off, "day_off")
        worked = []
        day = FIRST_DATE
        while day <= LAST_DATE:
            kind = kinds.get(day, "working_day" if day.weekday() < 5 else "day_off")
            if kind != "day_off":
                closes = self.closes - (60 if kind == "short_day" else 0)
                worked.append((self.instant(day, self.opens), self.instant(day, closes)))
            day += ONE_DAY
        return worked


MOSCOW = Hours("Europe/Moscow", "RU")
KYIV = Hours("Europe/Kyiv", "UA", opens=8 * 60 + 30, closes=17 * 60 + 15)
# Its clocks change in the night to a Friday, and here the nights are worked.
JERUSALEM = Hours("Asia/Jerusalem", "none of the seed", opens=0, closes=24 * 60)


def time_worked(worked: list[Interval], span: Span) -> timedelta:
    """The parts of the stretches that lie in the span."""
    assert span.until_at
    begin, end = sorted((span.from_at, span.until_at))
    total = timedelta()
    for opens_at, closes_at in worked[max(bisect_right(worked, (begin,)) - 1, 0) :]:
        if opens_at >= end:
            break
        total += max(min(closes_at, end) - max(opens_at, begin), timedelta())
    return total if span.from_at <= span.until_at else -total


@dataclass(frozen=True)
class Clock:
    """A calendar that dbt has built in a warehouse, and the macro's SQL as dbt compiles it."""

    hours: Hours
    url: str
    schema: str
    compiled: dict[str, str]

    def read(self, spans: list[Span], *, leave: bool = False) -> list[timedelta | None]:
        """What the macro says of each span, in their order, by one query."""
        with psycopg.connect(self.url) as connection:
            connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(self.schema)))
            connection.execute(
                """
                create temporary table spans (
                    span_number integer, from_at timestamptz, until_at timestamptz, manager_id text
                ) on commit drop
                """
            )
            with connection.cursor().copy("copy spans from stdin") as copy:
                for number, span in enumerate(spans):
                    copy.write_row((number, span.from_at, span.until_at, span.person))
            rows = connection.execute(
                f"""
                with timed as ({self.compiled["leave" if leave else "company"]})
                select span_number, round(worked_minutes * 60 * 1000000, 3)
                from timed order by span_number
                """.encode()
            ).fetchall()
        assert [number for number, _ in rows] == list(range(len(spans)))
        assert all(value is None or value == int(value) for _, value in rows)
        return [None if value is None else int(value) * MICROSECOND for _, value in rows]


@pytest.fixture(scope="module", params=[MOSCOW, KYIV, JERUSALEM], ids=lambda hours: hours.zone)
def clock(request: pytest.FixtureRequest, dbt_of: Callable[..., Dbt]) -> Clock:
    hours: Hours = request.param
    prefix = hours.zone.lower().replace("/", "_") + "_"
    dbt = dbt_of(prefix, BUSINESS_TIMEZONE=hours.zone, BUSINESS_NOW=NOW)
    dbt.run("build", "-s", "holidays", "int_calendar", **hours.variables)
    macro = "{{ with_business_minutes('spans', 'from_at', 'until_at', 'worked_minutes'%s) }}"
    leave = ", leave='leave', person='manager_id'"
    company, with_leave = dbt.compiled(macro % "", macro % leave, **hours.variables)
    schema = f"{prefix}test"
    with psycopg.connect(dbt.url, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
        connection.execute("create table leave (manager_id text, leave_date date)")
        for person, days in LEAVE.items():
            for day in (*days, min(days)):  # two requests for leave may overlap
                connection.execute("insert into leave values (%s, %s)", [person, day])
    return Clock(hours, dbt.url, schema, {"company": company, "leave": with_leave})


def random_instants(hours: Hours, count: int, seed: int) -> list[datetime]:
    """Half of them anywhere, half at or beside an opening or closing, where mistakes are made."""
    chance = random.Random(seed)
    first = hours.instant(FIRST_DATE, 0)
    microseconds = (hours.instant(LAST_DATE, 24 * 60) - first) // MICROSECOND
    edges = [edge for worked in hours.intervals() for edge in worked][2:-2]
    beside = (0, 1, -1, 1_000_000, -1_000_000, 3_600_000_000, -3_600_000_000)
    return [
        chance.choice(edges) + chance.choice(beside) * MICROSECOND
        if chance.random() < 0.5
        else first + chance.randrange(microseconds) * MICROSECOND
        for _ in range(count)
    ]


def random_spans(hours: Hours, seed: int) -> list[Span]:
    """Half of some hours or days, half of any length; some are backwards, some of no length."""
    chance = random.Random(seed)
    instants = random_instants(hours, 2 * SPANS_COUNT, seed)
    limit = hours.instant(LAST_DATE, 24 * 60) - MICROSECOND
    return [
        Span(
            from_at,
            min(from_at + timedelta(hours=chance.choice((0, 1, 17, 30, 90, 300))), limit)
            if chance.random() < 0.5
            else until_at,
            chance.choice((ANNA, BORIS, NOBODY_ON_LEAVE, None)),
        )
        for from_at, until_at in zip(instants[::2], instants[1::2], strict=True)
    ]


def assert_equal_counts(
    spans: list[Span], read: list[timedelta | None], counted: list[timedelta]
) -> None:
    different = [case for case in zip(spans, read, counted, strict=True) if case[1] != case[2]]
    assert not different, f"{len(different)} of {len(spans)}, the first: {different[0]}"


def test_ten_thousand_spans_take_what_a_count_day_by_day_says(clock: Clock) -> None:
    worked = clock.hours.intervals()
    spans = random_spans(clock.hours, seed=1)
    assert_equal_counts(spans, clock.read(spans), [time_worked(worked, span) for span in spans])


def test_a_persons_clock_stands_still_on_his_leave_days_and_nobody_elses(clock: Clock) -> None:
    worked = {person: clock.hours.intervals(days) for person, days in LEAVE.items()}
    companys = clock.hours.intervals()
    spans = random_spans(clock.hours, seed=2)
    counted = [time_worked(worked.get(span.person or "", companys), span) for span in spans]
    assert_equal_counts(spans, clock.read(spans, leave=True), counted)


@pytest.mark.parametrize("leave", [False, True])
def test_adjacent_spans_add_up_to_the_whole(clock: Clock, leave: bool) -> None:
    instants = iter(random_instants(clock.hours, 3 * SPANS_COUNT, seed=3))
    first, second, whole = [], [], []
    for begin, middle, end in zip(instants, instants, instants, strict=True):
        first.append(Span(begin, middle, ANNA))
        second.append(Span(middle, end, ANNA))
        whole.append(Span(begin, end, ANNA))
    readings = [clock.read(spans, leave=leave) for spans in (first, second, whole)]
    different = [parts for parts in zip(*readings, strict=True) if parts[0] + parts[1] != parts[2]]
    assert not different


def test_outside_hours_no_time_passes(clock: Clock) -> None:
    worked = clock.hours.intervals()
    chance = random.Random(4)
    spans = []
    for (_, closed_at), (opens_at, _) in pairwise(worked):
        length = (opens_at - closed_at) // MICROSECOND
        begin, end = (chance.randint(0, length) * MICROSECOND for _ in range(2))
        spans += [Span(closed_at, opens_at), Span(closed_at + begin, closed_at + end)]
    assert set(clock.read(spans)) == {timedelta()}


def test_no_more_time_passes_than_on_any_clock(clock: Clock) -> None:
    spans = [span for span in random_spans(clock.hours, seed=5) if span.from_at <= span.until_at]
    lengths = [span.until_at - span.from_at for span in spans]
    readings = clock.read(spans)
    assert all(
        timedelta() <= reading <= length for reading, length in zip(readings, lengths, strict=True)
    )


def test_a_span_without_an_end_or_outside_the_calendar_has_no_time(clock: Clock) -> None:
    inside = datetime(2026, 3, 3, 10, tzinfo=UTC)
    spans = [
        Span(inside, None),
        Span(datetime(2023, 12, 31, 10, tzinfo=UTC), inside),
        Span(inside, datetime(2028, 1, 1, 10, tzinfo=UTC)),
    ]
    assert clock.read(spans) == [None, None, None]


# What a person with a wall calendar counts, in local time.
COUNTED_BY_HAND = {
    "Europe/Moscow": [
        ("an afternoon", "2026-11-10 14:00", "2026-11-10 14:45", 45),
        ("over night", "2026-11-10 17:50", "2026-11-11 09:10", 20),
        ("over a weekend", "2026-11-13 17:00", "2026-11-16 10:00", 120),
        ("over the New Year of 2026", "2025-12-30 17:00", "2026-01-12 10:00", 120),
        ("to a short eve", "2026-06-11 16:30", "2026-06-15 09:00", 30),
        ("over a Saturday worked and short", "2025-10-31 17:00", "2025-11-05 10:00", 60 + 480 + 60),
        ("over the long weekend of 2027", "2027-02-20 16:00", "2027-02-24 10:00", 60 + 60),
    ],
    "Europe/Kyiv": [
        ("a week that loses an hour", "2026-03-27 08:30", "2026-04-03 08:30", 5 * 525),
        ("a week that wins an hour", "2026-10-23 08:30", "2026-10-30 08:30", 5 * 525),
        ("over Easter and May Day", "2027-04-30 16:00", "2027-05-05 09:00", 15 + 30),
    ],
    "Asia/Jerusalem": [
        ("a Friday that loses an hour", "2026-03-27 00:00", "2026-03-28 00:00", 23 * 60),
        ("the night the hour is lost in", "2026-03-27 01:00", "2026-03-27 04:00", 2 * 60),
        ("a Monday after the hour is won", "2026-10-26 00:00", "2026-10-27 00:00", 24 * 60),
    ],
}


def test_what_is_counted_by_hand(clock: Clock) -> None:
    zone = ZoneInfo(clock.hours.zone)
    cases = COUNTED_BY_HAND[clock.hours.zone]
    spans = [
        Span(*(datetime.fromisoformat(end).replace(tzinfo=zone) for end in (begins, ends)))
        for _, begins, ends, _ in cases
    ]
    read = dict(zip((name for name, *_ in cases), clock.read(spans), strict=True))
    assert read == {name: timedelta(minutes=minutes) for name, _, _, minutes in cases}
