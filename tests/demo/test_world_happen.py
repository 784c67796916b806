"""What a visitor makes happen shows in the store and in the ledger."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.happen import HAPPENINGS, NothingFitsError, happen
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = AS_OF + timedelta(minutes=5)


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=5, months=6, scale=0.2, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


def _sum(world: World, measure: str) -> Any:
    return round(sum(row[measure] for row in world.ledger.totals()), 2)


@pytest.mark.parametrize("name", list(HAPPENINGS))
def test_a_happening_changes_the_store_and_the_ledger(
    untouched: World, world: World, name: str
) -> None:
    done = happen(world, name, NOW)
    assert done["happened"] == name
    assert world.store != untouched.store
    assert world.ledger.happened == [done]
    assert world.as_of == NOW


CHANGES: dict[str, Callable[[World, World, dict[str, Any]], bool]] = {
    "new_lead": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") + 1
        and done["deal_id"] in now.store.amocrm["leads"]
    ),
    "stage_move": lambda was, now, done: (
        now.store.amocrm["leads"][done["deal_id"]]["status_id"]
        == done["status_after"]
        != was.store.amocrm["leads"][done["deal_id"]]["status_id"]
    ),
    "payment": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") + done["amount"], 2)
    ),
    "call": lambda was, now, done: (
        now.store.amocrm["notes/contacts"][done["note_id"]]["note_type"] == "call_out"
    ),
    "delete": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") - 1
        and done["deal_id"] in now.store.deleted_leads
        and done["deal_id"] not in now.store.amocrm["leads"]
    ),
    "merge": lambda was, now, done: (
        done["loser_id"] not in now.store.amocrm["contacts"]
        and now.store.amocrm["events"][done["event_id"]]["type"] == "entity_merged"
    ),
    "unpost": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") - done["amount"], 2)
    ),
}


@pytest.mark.parametrize("name", list(HAPPENINGS))
def test_a_happening_does_what_its_name_says(untouched: World, world: World, name: str) -> None:
    assert CHANGES[name](untouched, world, happen(world, name, NOW))


def test_the_same_happenings_give_the_same_world(untouched: World) -> None:
    first, second = copy.deepcopy(untouched), copy.deepcopy(untouched)
    for world in (first, second):
        for name in HAPPENINGS:
            happen(world, name, NOW)
    assert first.store == second.store
    assert first.ledger.as_json() == second.ledger.as_json()


def test_happenings_never_touch_a_planted_fault(world: World) -> None:
    planted = {deal for fault in world.ledger.faults for deal in fault.records["deals"]}
    for _ in range(5):
        for name in HAPPENINGS:
            assert happen(world, name, NOW).get("deal_id") not in planted


def test_nothing_happens_before_the_present(world: World) -> None:
    happen(world, "call", AS_OF - timedelta(days=1))
    assert world.as_of == AS_OF


def test_an_unknown_happening_is_refused_with_the_known_names(world: World) -> None:
    with pytest.raises(ValueError, match="new_lead"):
        happen(world, "earthquake", NOW)


def test_a_world_too_young_says_so() -> None:
    young = build_world(seed=5, months=1, scale=0.0, as_of=datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    with pytest.raises(NothingFitsError, match="too young"):
        happen(young, "payment", NOW)
