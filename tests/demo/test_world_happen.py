"""What a visitor makes happen shows in the store and in the ledger."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo import accounting_records as books
from demo import company
from demo.happen import HAPPENINGS, happen
from demo.happen_books import FAR_DAYS, LATE_DAYS
from demo.picks import NothingFitsError
from demo.world import World, build_world

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = AS_OF + timedelta(minutes=5)


@pytest.fixture(scope="module")
def untouched() -> World:
    return build_world(seed=5, months=6, scale=0.2, as_of=AS_OF)


@pytest.fixture
def world(untouched: World) -> World:
    return copy.deepcopy(untouched)


BEFORE = {
    "restore_deal": "delete",
    "restore_contact": "delete_contact",
    "repost": "mark_for_deletion",
}
"""What has to happen first for a thing to come back."""


@pytest.fixture
def prepared(world: World, name: str) -> World:
    """A world in which the thing called `name` can happen."""
    if name in BEFORE:
        happen(world, BEFORE[name], NOW)
    return world


def _sum(world: World, measure: str) -> Any:
    return round(sum(row[measure] for row in world.ledger.totals()), 2)


@pytest.mark.parametrize("name", list(HAPPENINGS))
def test_a_happening_changes_the_store_and_the_ledger(prepared: World, name: str) -> None:
    was = copy.deepcopy(prepared)
    done = happen(prepared, name, NOW)
    assert done["happened"] == name
    assert prepared.store != was.store
    assert prepared.ledger.happened == [*was.ledger.happened, done]
    assert prepared.as_of == NOW


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
    "late_payment": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") + done["amount"], 2)
        and now.ledger.payments[done["payment_ref_key"]].paid_at
        == int(NOW.timestamp()) - LATE_DAYS * 86_400
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
    "cash_payment": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") + done["amount"], 2)
        and _document(now, done, books.CASH_RECEIPTS)["СуммаДокумента"] == done["amount"]
    ),
    "card_payment": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") + done["amount"], 2)
        and _document(now, done, books.CARD_OPERATIONS)["СуммаДокумента"] == done["amount"]
    ),
    "mark_for_deletion": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") - done["amount"], 2)
        and _flags(now, done) == (False, True)
    ),
    "repost": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") + done["amount"], 2)
        and _flags(now, done) == (True, False)
    ),
    "back_date": lambda was, now, done: (
        now.ledger.payments[done["payment_ref_key"]].paid_at
        == was.ledger.payments[done["payment_ref_key"]].paid_at - FAR_DAYS * 86_400
        and _document(now, done)["Date"] == done["date_after"] < done["date_before"]
    ),
    "bring_forward": lambda was, now, done: (
        now.ledger.payments[done["payment_ref_key"]].paid_at == int(NOW.timestamp())
        and _document(now, done)["Date"] == done["date_after"] > done["date_before"]
    ),
    "edit_old_document": lambda was, now, done: (
        now.ledger.payments == was.ledger.payments
        and _document(now, done)["DataVersion"] != _document(was, done)["DataVersion"]
        and _document(now, done)["Date"] == _document(was, done)["Date"]
    ),
    "erase_document": lambda was, now, done: (
        _sum(now, "revenue") == round(_sum(was, "revenue") - done["amount"], 2)
        and done["payment_ref_key"] not in now.store.onec[books.RECEIPTS]
    ),
    "rename_counterparty": lambda was, now, done: (
        now.store.onec[books.COUNTERPARTIES][done["counterparty_key"]]["Description"]
        == done["name"]
        != was.store.onec[books.COUNTERPARTIES][done["counterparty_key"]]["Description"]
    ),
    "edit_deal": lambda was, now, done: (
        now.store.amocrm["leads"][done["deal_id"]]["price"]
        == now.ledger.deals[done["deal_id"]].budget
        == done["price"]
        != was.ledger.deals[done["deal_id"]].budget
    ),
    "hand_over": lambda was, now, done: (
        now.store.amocrm["leads"][done["deal_id"]]["responsible_user_id"]
        == now.ledger.deals[done["deal_id"]].manager_id
        != was.ledger.deals[done["deal_id"]].manager_id
    ),
    "finish_task": lambda was, now, done: (
        not was.store.amocrm["tasks"][done["task_id"]]["is_completed"]
        and now.store.amocrm["tasks"][done["task_id"]]["is_completed"]
    ),
    "restore_deal": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") + 1
        and done["deal_id"] not in now.store.deleted_leads
        and now.store.amocrm["leads"][done["deal_id"]]["is_deleted"] is False
    ),
    "erase_deal_silently": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") - 1
        and done["deal_id"] not in now.store.amocrm["leads"]
        and now.store.deleted_leads == was.store.deleted_leads
        and now.store.amocrm["events"] == was.store.amocrm["events"]
    ),
    "delete_contact": lambda was, now, done: (
        _newest_event(now)["type"] == "contact_deleted"
        and done["contact_id"] not in now.store.amocrm["contacts"]
        and now.store.amocrm["leads"][done["deal_id"]]["_embedded"]["contacts"] == []
    ),
    "restore_contact": lambda was, now, done: (
        _newest_event(now)["type"] == "contact_restored"
        and done["contact_id"] in now.store.amocrm["contacts"]
        and now.store.amocrm["leads"][done["deal_id"]]["_embedded"]["contacts"] != []
    ),
    "delete_company": lambda was, now, done: (
        _newest_event(now)["type"] == "company_deleted"
        and done["company_id"] not in now.store.amocrm["companies"]
        and now.store.amocrm["leads"][done["deal_id"]]["_embedded"]["companies"] == []
    ),
    "late_note": lambda was, now, done: (
        now.store.amocrm["notes/leads"][done["note_id"]]["updated_at"]
        == now.store.amocrm["events"][done["event_id"]]["created_at"]
        == int(NOW.timestamp()) - 480
    ),
    "odd_deal": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") + 1
        and now.store.amocrm["leads"][done["deal_id"]]["price"] is None
        and now.store.amocrm["leads"][done["deal_id"]]["custom_fields_values"] is None
        and "result" not in now.store.amocrm["tasks"][done["task_id"]]
    ),
    "new_field": lambda was, now, done: (
        len(now.store.amocrm["custom_fields/leads"])
        == len(was.store.amocrm["custom_fields/leads"]) + 2
    ),
    "merge_strangers": lambda was, now, done: (
        _sum(now, "leads") == _sum(was, "leads") - 1
        and done["loser_id"] not in now.store.amocrm["contacts"]
        and _main_contact(was, done["deal_id"]) == done["loser_id"]
        and _main_contact(now, done["deal_id"]) == done["survivor_id"]
        and now.ledger.intents[done["intent_id"]].deal_ids
        == [done["first_deal_id"], done["deal_id"]]
        and now.store.amocrm["events"][done["event_id"]]["type"] == "entity_merged"
    ),
    "rename_stage": lambda was, now, done: (
        _stages(now)[done["status_id"]] == done["name"] != _stages(was)[done["status_id"]]
    ),
    "new_stage": lambda was, now, done: (
        done["status_after"] in _stages(now).keys() - _stages(was).keys()
        and now.store.amocrm["leads"][done["deal_id"]]["status_id"] == done["status_after"]
        and now.ledger.totals() == was.ledger.totals()
    ),
}


def _document(world: World, done: dict[str, Any], entity: str = books.RECEIPTS) -> dict[str, Any]:
    return world.store.onec[entity][done["payment_ref_key"]]


def _flags(world: World, done: dict[str, Any]) -> tuple[bool, bool]:
    record = _document(world, done)
    return record["Posted"], record["DeletionMark"]


def _main_contact(world: World, deal_id: int) -> Any:
    return world.store.amocrm["leads"][deal_id]["_embedded"]["contacts"][0]["id"]


def _stages(world: World) -> dict[int, str]:
    pipeline = world.store.amocrm["pipelines"][company.SALES]
    return {stage["id"]: stage["name"] for stage in pipeline["_embedded"]["statuses"]}


def _newest_event(world: World) -> dict[str, Any]:
    return next(reversed(world.store.amocrm["events"].values()))


@pytest.mark.parametrize("name", list(HAPPENINGS))
def test_a_happening_does_what_its_name_says(prepared: World, name: str) -> None:
    was = copy.deepcopy(prepared)
    assert CHANGES[name](was, prepared, happen(prepared, name, NOW))


@pytest.mark.parametrize("name", list(BEFORE))
def test_nothing_comes_back_before_it_went(world: World, name: str) -> None:
    with pytest.raises(NothingFitsError, match="can come back"):
        happen(world, name, NOW)


def test_a_deal_that_came_back_is_as_it_was(untouched: World, world: World) -> None:
    deal_id = happen(world, "delete", NOW)["deal_id"]
    happen(world, "restore_deal", NOW)
    assert world.ledger.totals() == untouched.ledger.totals()
    changed = ("updated_at", "updated_by")
    was = {**untouched.store.amocrm["leads"][deal_id], **dict.fromkeys(changed)}
    assert {**world.store.amocrm["leads"][deal_id], **dict.fromkeys(changed)} == was


def test_the_same_happenings_give_the_same_world(untouched: World) -> None:
    first, second = copy.deepcopy(untouched), copy.deepcopy(untouched)
    for world in (first, second):
        for name in HAPPENINGS:
            happen(world, name, NOW)
    assert first.store == second.store
    assert first.ledger.as_json() == second.ledger.as_json()


def test_happenings_never_touch_a_planted_fault(world: World) -> None:
    planted = {deal for fault in world.ledger.faults for deal in fault.records["deals"]}
    for _ in range(3):
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
