"""Persons keep their ids from build to build: every id followed through builds of small worlds."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import LiteralString

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.conftest import Dbt
from tests.dbt.identity import (
    FIRST_DAY,
    JOINED,
    MERGES,
    SOME_INSTANT,
    Identifiers,
    Records,
    Warehouse,
    connected,
    opened,
)  # fmt: skip

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(dbt_of: Callable[..., Dbt]) -> Iterator[Warehouse]:
    with opened(dbt_of("identity_ids_", BUSINESS_NOW=SOME_INSTANT)) as warehouse:
        yield warehouse


WORLDS = settings(
    max_examples=50,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = "abcdefgh"
VALUES = [f"phone:{number}" for number in range(4)] + [f"email:{number}" for number in range(3)]
MOMENTS = [FIRST_DAY + timedelta(days=day) for day in range(4)]
TIES = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES))
World = tuple[Records, Identifiers]


@st.composite
def growing_worlds(draw: st.DrawFn, *, in_order: bool) -> list[World]:
    """What each of a few builds meets: records and identifiers that come and never go."""
    records = {name: draw(st.sampled_from(MOMENTS)) for name in NAMES}
    arrivals = sorted(NAMES, key=lambda name: (records[name], name))
    if not in_order:
        arrivals = draw(st.permutations(arrivals))
    cuts = sorted(draw(st.lists(st.integers(0, len(NAMES)), min_size=2, max_size=4)))
    ties: Identifiers = set()
    worlds = []
    for cut in (*cuts, len(NAMES)):
        there = {name: records[name] for name in arrivals[:cut]}
        ties |= draw(st.sets(TIES, max_size=6))
        worlds.append((there, {tie for tie in ties if tie[0] in there}))
    return worlds


@st.composite
def changing_worlds(draw: st.DrawFn) -> list[World]:
    """Records and identifiers that come, go and come back."""
    records = {name: draw(st.sampled_from(MOMENTS)) for name in NAMES}
    worlds = []
    for _ in range(draw(st.integers(2, 5))):
        names = draw(st.sets(st.sampled_from(NAMES), min_size=4))
        ties = draw(st.sets(TIES, max_size=9))
        there = {name: records[name] for name in sorted(names)}
        worlds.append((there, {tie for tie in ties if tie[0] in there}))
    return worlds


def builds(
    warehouse: Warehouse, worlds: list[World]
) -> Iterator[tuple[datetime, World, dict[str, str]]]:
    """The persons after each build, an hour after the one before."""
    warehouse.forget()
    for number, world in enumerate(worlds):
        at = FIRST_DAY + timedelta(days=30, hours=number)
        warehouse.hold(*world)
        yield at, world, warehouse.build(at)


def pairs_of(one: dict[str, str], other: dict[str, str]) -> set[tuple[str, str]]:
    return {(one[record], other[record]) for record in one}


@WORLDS
@given(worlds=changing_worlds())
def test_an_id_leaves_its_records_only_for_records_that_had_it_too(
    warehouse: Warehouse, worlds: list[World]
) -> None:
    before: dict[str, str] = {}
    for _, world, persons in builds(warehouse, worlds):
        components = connected(*world)
        assert persons.keys() == components.keys()
        # One id for each component and the reverse.
        assert len(pairs_of(components, persons)) == len(set(components.values()))
        assert len(pairs_of(components, persons)) == len(set(persons.values()))
        for person in set(persons.values()):
            former = {before[it] for it in persons if persons[it] == person and it in before}
            elsewhere = {before[it] for it in persons if persons[it] != person and it in before}
            assert person in former or former <= elsewhere
        before = persons


@WORLDS
@given(worlds=changing_worlds())
def test_the_log_has_every_id_that_ceased_once_and_what_tied_it(
    warehouse: Warehouse, worlds: list[World]
) -> None:
    before: dict[str, str] = {}
    logged: set[tuple[str, ...]] = set()
    columns: LiteralString = (
        "merged_person_id, merged_at, person_id, identifier_kind, record_id, other_record_id"
    )
    for at, (_, ties), persons in builds(warehouse, worlds):
        log = set(warehouse.rows(MERGES, columns))
        assert logged <= log
        new = log - logged
        held = {before[record] for record in persons if record in before}
        assert sorted(row[0] for row in new) == sorted(held - set(persons.values()))
        for ceased, merged_at, person, kind, record, other in new:
            assert (merged_at, before[record]) == (at, ceased)
            assert persons[record] == persons[other] == person
            assert before.get(other) != ceased
            shared = {value for it, value in ties if it == record} & {
                value for it, value in ties if it == other
            }
            assert kind in {value.split(":")[0] for value in shared}
        before, logged = persons, log


@WORLDS
@given(worlds=growing_worlds(in_order=False))
def test_of_persons_that_become_one_the_one_seen_first_survives(
    warehouse: Warehouse, worlds: list[World]
) -> None:
    first_seen: dict[str, tuple[datetime, datetime, str]] = {}
    before: dict[str, str] = {}
    for at, (records, _), persons in builds(warehouse, worlds):
        for person in set(persons.values()):
            together = [record for record in persons if persons[record] == person]
            former = {before[record] for record in together if record in before}
            oldest = min(together, key=lambda record: (records[record], record))
            assert person == (min(former, key=first_seen.__getitem__) if former else oldest)
            first_seen.setdefault(person, (at, records[person], person))
        before = persons


@WORLDS
@given(worlds=growing_worlds(in_order=True))
def test_records_that_come_in_their_order_get_the_ids_of_a_warehouse_made_anew(
    warehouse: Warehouse, worlds: list[World]
) -> None:
    *_, (_, _, step_by_step) = builds(warehouse, worlds)
    *_, (_, _, at_once) = builds(warehouse, worlds[-1:])
    assert step_by_step == at_once


@WORLDS
@given(worlds=changing_worlds())
def test_a_build_of_the_same_records_changes_nothing(
    warehouse: Warehouse, worlds: list[World]
) -> None:
    *_, (at, _, persons) = builds(warehouse, worlds)
    memory = [warehouse.rows(name, "*") for name in (JOINED, MERGES)]
    assert warehouse.build(at + timedelta(hours=1)) == persons
    assert [sorted(rows, key=str) for rows in memory] == [
        sorted(warehouse.rows(name, "*"), key=str) for name in (JOINED, MERGES)
    ]


def test_a_record_that_comes_back_alone_leaves_its_name_to_others(warehouse: Warehouse) -> None:
    old, new = {"a": FIRST_DAY}, {"b": FIRST_DAY + timedelta(days=1)}
    tie = {("a", "phone:1"), ("b", "phone:1")}
    worlds: list[World] = [(old | new, tie), (new, set()), (old | new, set())]
    *_, (_, _, persons) = builds(warehouse, worlds)
    assert persons == {"b": "a", "a": "a-2026-01-31"}
