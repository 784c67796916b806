"""Attribution against another way of counting: walks followed step by step, credits added up."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt.conftest import Dbt
from tests.dbt.stand_ins import build_views, fill, named

pytestmark = pytest.mark.integration

Way = tuple[tuple[str, ...], bool]
"""The channels of a lead in order, and whether it was won."""
CHANNELS = ("ads", "mail", "phone", "shop")
START, WON, NOT_WON = "start", "won", "not won"
NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
NEGLIGIBLE = 1e-13


@pytest.fixture(scope="module")
def dbt(dbt_of: Callable[..., Dbt]) -> Dbt:
    made = dbt_of("attribution_")
    build_views(
        made,
        {
            "intermediate.int_lead_touches_ordered": (
                "lead_id text, touch_id text, touched_at timestamptz, channel text, "
                "is_direct boolean, is_won boolean, created_at timestamptz, created_date date, "
                "touch_number integer, touches_count integer"
            )
        },
        ["int_channel_removal_effects", "int_touch_credits"],
    )
    return made


def tell(connection: psycopg.Connection, dbt: Dbt, ways: list[Way]) -> None:
    """Makes `ways` the only ones the models see; touches lie a day apart, the last one now."""
    rows = [
        (
            f"lead {lead}", f"touch {lead}.{number}", NOW - timedelta(days=len(way) - number),
            channel, channel == "phone", is_won, NOW, date(2026, 5, 15), number, len(way),
        )
        for lead, (way, is_won) in enumerate(ways)
        for number, channel in enumerate(way, start=1)
    ]  # fmt: skip
    table = named(dbt.prefix, "intermediate.int_lead_touches_ordered")
    connection.execute(psycopg.sql.SQL("truncate {}").format(table))
    fill(connection, dbt.prefix, {"intermediate.int_lead_touches_ordered": rows})


def won_share(steps: Mapping[str, Mapping[str, float]], without: str = "") -> float:
    """The share of walks that end won, followed step by step until nearly all have ended; a walk
    that enters `without` is lost.
    """
    share = 0.0
    walkers = {START: 1.0}
    while walkers:
        moved: dict[str, float] = defaultdict(float)
        for place, probability in walkers.items():
            for state, part in steps[place].items():
                if state == WON:
                    share += probability * part
                elif state not in (NOT_WON, without):
                    moved[state] += probability * part
        walkers = {state: part for state, part in moved.items() if part > NEGLIGIBLE}
    return share


def removal_effects(ways: list[Way]) -> dict[str, float]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for way, is_won in ways:
        states = (START, *way, WON if is_won else NOT_WON)
        for state, following in pairwise(states):
            counts[state][following] += 1
    steps = {
        state: {following: count / after.total() for following, count in after.items()}
        for state, after in counts.items()
    }
    of_all = won_share(steps)
    if not of_all:
        return {}
    channels = {channel for way, _ in ways for channel in way}
    return {channel: 1 - won_share(steps, channel) / of_all for channel in channels}


WAYS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=5).map(tuple), st.booleans()
    ),
    min_size=1,
    max_size=8,
)


def test_removal_effects_are_those_of_walks_followed_step_by_step(dbt: Dbt) -> None:
    with psycopg.connect(dbt.url, autocommit=True) as connection:

        @settings(max_examples=60, deadline=None)
        @given(WAYS)
        def agrees(ways: list[Way]) -> None:
            tell(connection, dbt, ways)
            view = named(dbt.prefix, "intermediate.int_channel_removal_effects")
            found: dict[str, float] = dict(
                connection.execute(
                    psycopg.sql.SQL("select channel, removal_effect from {}").format(view)
                ).fetchall()
            )
            assert found == pytest.approx(removal_effects(ways), abs=1e-9)

        agrees()


def test_credits_of_every_lead_sum_to_exactly_one_in_every_model(dbt: Dbt) -> None:
    chance = random.Random(5)
    ways = [
        (tuple(chance.choices(CHANNELS, k=chance.randrange(1, 12))), chance.random() < 0.3)
        for _ in range(2_000)
    ]
    with psycopg.connect(dbt.url, autocommit=True) as connection:
        tell(connection, dbt, ways)
        view = named(dbt.prefix, "intermediate.int_touch_credits")
        sums = connection.execute(
            psycopg.sql.SQL(
                "select lead_id, attribution_model, sum(credit_share), min(credit_share) from {} "
                "group by lead_id, attribution_model"
            ).format(view)
        ).fetchall()

    assert len(sums) == len(ways) * 7
    assert {total for _, _, total, _ in sums} == {Decimal(1)}
    assert min(least for *_, least in sums) > 0
