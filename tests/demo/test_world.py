"""The demo company as a whole: repeatable, continuable, adding up, and of the promised size."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from demo import company, staff
from demo.identity import RECORDS_A_STORY, STORIES_A_MONTH
from demo.ledger import Ledger
from demo.moscow import month_of, month_start
from demo.store import AMOCRM_LISTS, ONEC_ENTITIES
from demo.story import Story
from demo.world import FIRST_LIFE, World, build_world

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=7, months=25, scale=1.0, as_of=AS_OF)


@pytest.fixture(scope="module")
def ledger(world: World) -> dict[str, Any]:
    return world.ledger.as_json()


def _small(as_of: datetime, months: int, seed: int = 3) -> World:
    return build_world(seed=seed, months=months, scale=0.2, as_of=as_of)


def test_same_seed_and_date_give_the_same_world() -> None:
    first, second = _small(AS_OF, 4), _small(AS_OF, 4)
    assert first.store == second.store
    assert first.ledger.as_json() == second.ledger.as_json()


def test_another_seed_gives_another_world() -> None:
    assert _small(AS_OF, 2).store != _small(AS_OF, 2, seed=4).store


def test_a_later_world_continues_the_earlier_one() -> None:
    earlier, later = _small(AS_OF, 6), _small(LATER, 7)
    for name in ("events", "unsorted"):
        kept = later.store.amocrm[name]
        assert all(kept[key] == row for key, row in earlier.store.amocrm[name].items()), name
    for name in ("leads", "contacts", "tasks", "notes/leads", "notes/contacts"):
        kept, gone = later.store.amocrm[name], later.store.deleted_leads
        for key, row in earlier.store.amocrm[name].items():
            now = kept.get(key) or gone.get(int(key))
            assert now is None or now["created_at"] == row["created_at"], (name, key)
    for entity, rows in earlier.store.onec.items():
        for key, row in rows.items():
            for property_name in ("Number", "Date", "СуммаДокумента", "ИНН"):
                assert later.store.onec[entity][key].get(property_name) == row.get(property_name)
    assert set(earlier.ledger.payments) <= set(later.ledger.payments)
    for key, intent in earlier.ledger.intents.items():
        same = later.ledger.intents[key]
        assert (same.wanted_at, same.channel, same.lead_kind_expected) == (
            intent.wanted_at, intent.channel, intent.lead_kind_expected,
        )  # fmt: skip


def test_months_that_are_over_do_not_depend_on_where_the_world_begins() -> None:
    long, short = _small(AS_OF, 6), _small(AS_OF, 3)
    assert set(short.ledger.deals) <= set(long.ledger.deals)
    assert set(short.ledger.payments) <= set(long.ledger.payments)


def test_every_list_a_stand_in_serves_is_filled(world: World) -> None:
    assert all(world.store.amocrm[name] for name in AMOCRM_LISTS)
    assert all(world.store.onec[name] for name in ONEC_ENTITIES)
    assert world.store.deleted_leads


def test_nothing_is_dated_after_the_present(world: World) -> None:
    now = int(AS_OF.timestamp())
    for name in ("leads", "contacts", "companies", "tasks", "notes/leads", "notes/contacts"):
        assert all(
            row["created_at"] <= row["updated_at"] <= now
            for row in world.store.amocrm[name].values()
        ), name
    assert all(row["created_at"] <= now for row in world.store.amocrm["events"].values())
    assert all(payment.paid_at <= now for payment in world.ledger.payments.values())


def test_there_are_about_400_enquiries_a_month(world: World) -> None:
    per_month = Counter(month_of(enquiry.at) for enquiry in world.ledger.enquiries.values())
    whole = [count for month, count in per_month.items() if month < month_of(world.ledger.as_of)]
    assert 350 <= sum(whole) / len(whole) <= 450


def test_managers_have_a_bearable_number_of_open_deals(world: World) -> None:
    load = Counter(
        deal.manager_id
        for deal in world.ledger.deals.values()
        if deal.status == "open" and deal.pipeline_kind == "sales"
    )
    loads = sorted(load[person.id] for person in company.MANAGERS)
    assert 20 <= sum(loads) / len(loads) <= 45
    assert loads[-1] < 90


def test_stage_changes_lead_from_one_stage_to_the_next(world: World) -> None:
    last: dict[int, Any] = {}
    events = sorted(world.store.amocrm["events"].values(), key=lambda event: event["created_at"])
    for event in events:
        if event["type"] != "lead_status_changed":
            continue
        before = event["value_before"][0]["lead_status"]
        assert last.get(event["entity_id"], before) == before
        last[event["entity_id"]] = event["value_after"][0]["lead_status"]
    for deal_id, stage in last.items():
        record = world.store.amocrm["leads"].get(deal_id) or world.store.deleted_leads[deal_id]
        assert stage == {"id": record["status_id"], "pipeline_id": record["pipeline_id"]}


def test_every_deal_has_its_lead_added_event(world: World) -> None:
    added = {
        event["entity_id"]
        for event in world.store.amocrm["events"].values()
        if event["type"] == "lead_added"
    }
    assert added == set(world.store.amocrm["leads"]) | set(world.store.deleted_leads)


def test_record_shapes_vary_the_way_the_vendor_lets_them(world: World) -> None:
    crm = world.store.amocrm
    results = [task.get("result", "absent") for task in crm["tasks"].values()]
    assert [] in results
    assert "absent" in results
    assert any(isinstance(result, dict) for result in results)
    calls = [note["params"] for note in crm["notes/contacts"].values()]
    assert {type(call["call_responsible"]) for call in calls} == {int, str}
    assert any(lead["custom_fields_values"] is None for lead in crm["leads"].values())
    assert any(contact["custom_fields_values"] is None for contact in crm["contacts"].values())
    assert {item["category"] for item in crm["unsorted"].values()} == {
        "forms", "sip", "chats", "mail",
    }  # fmt: skip


def test_numbers_are_nobody_elses(world: World) -> None:
    books = world.store.onec
    numbers = [row["Number"] for row in books["Document_СчетНаОплатуПокупателю"].values()]
    assert len(set(numbers)) == len(numbers)
    taxed = [row["ИНН"] for row in books["Catalog_Контрагенты"].values() if row["ИНН"]]
    assert len(set(taxed)) == len(taxed)


def test_unpaid_amounts_of_a_customer_never_coincide_by_chance(world: World) -> None:
    amounts: dict[str, Counter[int]] = defaultdict(Counter)
    for deal in world.deals.values():
        if deal.id // RECORDS_A_STORY % STORIES_A_MONTH >= FIRST_LIFE:
            for invoice in deal.invoices:
                amounts[deal.person.customer.key][invoice.kopecks] += 1
    assert all(max(counts.values()) == 1 for counts in amounts.values())


def test_totals_add_up_with_the_lists_they_sum(ledger: dict[str, Any]) -> None:
    totals = ledger["totals"]
    counted = [deal for deal in ledger["deals"] if not deal["excluded_reason"]]
    sales = [deal for deal in counted if deal["pipeline_kind"] == "sales"]
    money = [payment for payment in ledger["payments"] if payment["counts"]]
    assert sum(row["leads"] for row in totals) == len(ledger["intents"])
    for status in ("open", "won", "lost"):
        assert sum(row[f"deals_{status}"] for row in totals) == sum(
            deal["status"] == status for deal in sales
        )
    assert sum(row["won_deals"] for row in totals) == sum(row["deals_won"] for row in totals)
    assert sum(row["payments_count"] for row in totals) == len(money)
    assert sum(round(row["revenue"] * 100) for row in totals) == sum(
        round(payment["amount"] * 100) for payment in money
    )


def test_every_enquiry_and_deal_of_an_intent_points_back_to_it(ledger: dict[str, Any]) -> None:
    enquiries = {enquiry["record"]: enquiry for enquiry in ledger["enquiries"]}
    deals = {deal["deal_id"]: deal for deal in ledger["deals"]}
    for intent in ledger["intents"]:
        for record in intent["enquiry_records"]:
            assert enquiries[record]["intent_id"] == intent["intent_id"]
            assert enquiries[record]["excluded_reason"] is None
        for deal_id in intent["deal_ids"]:
            assert deals[deal_id]["intent_id"] == intent["intent_id"]
            assert deals[deal_id]["channel"] == intent["channel"]
        assert (intent["primary_deal_id"] is None) == (intent["deal_ids"] == [])


def test_the_main_deal_of_an_intent_is_the_won_or_else_the_open_one(world: World) -> None:
    for intent in world.ledger.intents.values():
        if intent.primary_deal_id is not None:
            mine = world.ledger.deals[intent.primary_deal_id].status
            states = {world.ledger.deals[deal_id].status for deal_id in intent.deal_ids}
            assert mine == next(one for one in ("won", "open", "lost") if one in states)


def test_the_ledger_is_plain_json(ledger: dict[str, Any]) -> None:
    assert json.loads(json.dumps(ledger)).keys() == ledger.keys()


def test_a_wish_is_in_the_ledger_before_the_store_holds_a_record_of_it() -> None:
    world = build_world(seed=1, months=1, scale=0.01, as_of=AS_OF)
    ledger = world.ledger

    class Watched(dict[Any, Any]):
        def __setitem__(self, key: Any, record: Any) -> None:
            assert key in ledger.deals
            assert ledger.deals[key].intent_id in ledger.intents
            super().__setitem__(key, record)

    world.store.amocrm["leads"] = Watched()
    now = int(AS_OF.timestamp())
    story = Story(world, 1, month_of(now), 2700, now)
    story.now(now)
    person, channel = story.someone(), company.CHANNELS["yandex_direct"]
    deal = story.enquire(person, channel, story.want(person, channel), responsible=9101, budget=1)
    assert deal.id in world.store.amocrm["leads"]


@pytest.mark.parametrize(
    ("months", "scale", "as_of", "words"),
    [
        (25, 1.0, datetime(2026, 1, 1), "time zone"),  # noqa: DTZ001 - the refusal is the point
        (0, 1.0, AS_OF, "at least one month"),
        (200, 0.01, AS_OF, "no earlier than 2015"),
        (1, 50.0, AS_OF, "scale is too large"),
    ],
)
def test_an_impossible_world_is_refused_in_one_sentence(
    months: int, scale: float, as_of: datetime, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        build_world(seed=1, months=months, scale=scale, as_of=as_of)


# The stories a reader can find


def _story(ledger: dict[str, Any], name: str) -> dict[str, Any]:
    return next(story for story in ledger["stories"] if story["name"] == name)


def _win_share(deals: list[Any]) -> float:
    won = sum(deal.status == "won" for deal in deals)
    return won / max(1, sum(deal.status in ("won", "lost") for deal in deals))


def _deals_of(book: Ledger, manager_id: int) -> list[Any]:
    return [
        deal
        for deal in book.deals.values()
        if deal.manager_id == manager_id and not deal.excluded_reason
    ]


def test_one_manager_sends_few_proposals(world: World, ledger: dict[str, Any]) -> None:
    manager = _story(ledger, "few_proposals")["manager_id"]
    proposed = {
        event["entity_id"]
        for event in world.store.amocrm["events"].values()
        if event["type"] == "lead_status_changed"
        and event["value_after"][0]["lead_status"]["id"] == company.PROPOSAL_SENT
    }
    shares = {
        person.id: sum(deal.deal_id in proposed for deal in deals) / len(deals)
        for person in company.MANAGERS
        if (deals := _deals_of(world.ledger, person.id))
    }
    assert min(shares, key=lambda one: shares[one]) == manager
    assert shares[manager] < sum(shares.values()) / len(shares) / 2


def test_one_manager_closes_well_with_few_leads(world: World, ledger: dict[str, Any]) -> None:
    manager = _story(ledger, "closes_well_with_few_leads")["manager_id"]
    mine = _deals_of(world.ledger, manager)
    everyone = list(world.ledger.deals.values())
    assert len(mine) < len(everyone) / len(company.MANAGERS) * 0.6
    assert _win_share(mine) > 1.5 * _win_share(everyone)


def test_one_manager_is_overloaded_and_sags_two_months_later(
    world: World, ledger: dict[str, Any]
) -> None:
    story = _story(ledger, "overloaded")
    year, month = (int(part) for part in story["sags_in_month"].split("-"))
    sags = year * 12 + month - 1
    peak = month_start(sags - 1)
    mine = _deals_of(world.ledger, story["manager_id"])
    open_then = [
        deal for deal in mine if deal.created_at <= peak < (deal.won_at or deal.lost_at or peak + 1)
    ]
    assert len(open_then) > 60
    closed_in = [d for d in mine if d.status != "open" and month_of(d.won_at or d.lost_at) == sags]
    assert _win_share(closed_in) < _win_share(mine) / 2


def test_one_manager_went_silent_three_workdays_ago(world: World, ledger: dict[str, Any]) -> None:
    story = _story(ledger, "went_silent")
    since = int(datetime.fromisoformat(story["silent_since"]).timestamp())
    crm = world.store.amocrm
    acts = [
        event["created_at"]
        for event in crm["events"].values()
        if event["created_by"] == staff.SILENT
    ]
    for name in ("notes/leads", "notes/contacts"):
        acts += [
            note["created_at"]
            for note in crm[name].values()
            if note["created_by"] == staff.SILENT and note["note_type"] != "call_in"
        ]
    assert max(acts) < since
    assert _deals_of(world.ledger, staff.SILENT)


def test_one_channel_loses_money(ledger: dict[str, Any]) -> None:
    channel = _story(ledger, "channel_loses_money")["channel"]
    leads: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for row in ledger["totals"]:
        leads[row["channel"]] += row["leads"]
        paid[row["channel"]] += row["payments_count"]
    assert leads[channel] > sum(leads.values()) / 15
    assert paid[channel] / leads[channel] < 0.1 * sum(paid.values()) / sum(leads.values())


def test_one_person_missed_the_plan_for_the_whole_team(ledger: dict[str, Any]) -> None:
    story = _story(ledger, "one_person_missed_the_plan")
    assert story["manager_fact_amount"] == 0
    missing = story["team_plan_amount"] - story["team_fact_amount"]
    assert 0 < missing <= story["manager_plan_amount"] + 1000
