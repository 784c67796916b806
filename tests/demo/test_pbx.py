"""What the exchanges saw: the CRM's calls and some that nobody linked."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import company, pbx
from demo.happen import happen
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=4, scale=0.4, as_of=AS_OF)


@pytest.fixture(scope="module")
def seen(world: World) -> dict[str, pbx.Call]:
    """Calls of both exchanges by their id; one id is one call."""
    calls = [*pbx.calls(world.store, "mango"), *pbx.calls(world.store, "zadarma")]
    by_id = {call.id: call for call in calls}
    assert len(by_id) == len(calls)
    return by_id


def notes(world: World) -> Iterator[dict[str, Any]]:
    for name in ("notes/leads", "notes/contacts"):
        for note in world.store.amocrm[name].values():
            if note["note_type"].startswith("call_") and note["params"]["phone"]:
                yield note


def test_every_call_note_is_a_call_with_the_same_talk_number_and_manager(
    world: World, seen: dict[str, pbx.Call]
) -> None:
    written = list(notes(world))
    assert len(written) > 500
    for note in written:
        call = seen[note["params"]["uniq"]]
        assert (call.direction, call.number) == (note["note_type"][5:], note["params"]["phone"])
        assert (call.talk, call.user_id) == (
            note["params"]["duration"],
            note["responsible_user_id"],
        )


def test_a_call_of_the_inbox_rings_when_the_inbox_says_and_ends_when_the_note_is_written(
    world: World, seen: dict[str, pbx.Call]
) -> None:
    written = {note["params"]["uniq"]: note["created_at"] for note in notes(world)}
    inbox = [item for item in world.store.amocrm["unsorted"].values() if item["category"] == "sip"]
    assert inbox
    for item in inbox:
        call = seen[item["source_uid"]]
        assert call.starts_at == item["metadata"]["called_at"]
        assert call.ends_at == written[call.id]


def test_calls_nobody_linked_are_no_wish_of_somebody_new(
    world: World, seen: dict[str, pbx.Call]
) -> None:
    linked = {note["params"]["uniq"] for note in notes(world)}
    unlinked = [call for id_, call in seen.items() if id_ not in linked]
    assert {call.direction for call in unlinked} == {"in", "out", "internal"}
    answered = [call for id_, call in seen.items() if id_ in linked and call.direction == "in"]
    persons = {note["params"]["phone"] for note in notes(world)}
    for call in unlinked:
        if call.direction == "in":
            assert not call.talk
            assert any(
                other.number == call.number and 0 < other.starts_at - call.starts_at < 600
                for other in answered
            )
        else:
            assert call.number not in persons


def test_legs_follow_each_other_and_the_last_one_talks(seen: dict[str, pbx.Call]) -> None:
    several = [call for call in seen.values() if len(call.legs) > 1]
    assert several
    for call in several:
        ends = [leg.ends_at for leg in call.legs[:-1]]
        assert ends == [leg.starts_at for leg in call.legs[1:]]
        assert not any(leg.talk for leg in call.legs[:-1])
        assert len({pbx.exchange_of(leg.user_id) for leg in call.legs}) == 1


def test_looking_at_the_calls_changes_neither_the_store_nor_the_ledger(world: World) -> None:
    before = deepcopy((world.store, world.ledger.as_json()))

    first, second = pbx.calls(world.store, "mango"), pbx.calls(world.store, "mango")

    assert first == second
    assert (world.store, world.ledger.as_json()) == before


def test_a_call_that_is_made_to_happen_is_seen(world: World) -> None:
    made = happen(deepcopy(world), "call", AS_OF + timedelta(hours=1))
    younger = deepcopy(world)
    assert happen(younger, "call", AS_OF + timedelta(hours=1)) == made

    note = younger.store.amocrm["notes/contacts"][made["note_id"]]
    exchange = pbx.exchange_of(note["responsible_user_id"])

    assert note["params"]["uniq"] in {call.id for call in pbx.calls(younger.store, exchange)}


def test_every_user_has_an_extension_on_one_exchange() -> None:
    users = [*pbx.people("mango"), *pbx.people("zadarma")]
    assert {one.id for one in users} == {one.id for one in company.EMPLOYEES}
    assert len({pbx.extension(one.id) for one in users}) == len(users) == len(company.EMPLOYEES)


def test_the_book_of_calls_tells_every_call_once(world: World, seen: dict[str, pbx.Call]) -> None:
    now = int(AS_OF.timestamp())
    book = pbx.monthly(world.store, now)
    ended = [call for call in seen.values() if call.ends_at <= now]
    past_the_exchange = [
        note
        for name in ("notes/leads", "notes/contacts")
        for note in world.store.amocrm[name].values()
        if note["note_type"].startswith("call_") and not note["params"]["phone"]
    ]
    assert past_the_exchange
    assert sum(row["calls"] for row in book) == len(ended) + len(past_the_exchange)
    assert sum(row["talk_seconds"] for row in book) == sum(call.talk for call in ended) + sum(
        note["params"]["duration"] for note in past_the_exchange
    )
