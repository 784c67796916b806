"""Every planted difficulty is there, and its hand-written outcome is what the ledger says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from demo.ledger import Fault
from demo.scenarios import SCENARIOS
from demo.world import World, build_world


@pytest.fixture(scope="module")
def world() -> World:
    as_of = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    return build_world(seed=7, months=6, scale=0.05, as_of=as_of)


def _tellings(world: World, name: str) -> list[Fault]:
    return [fault for fault in world.ledger.faults if fault.name == name]


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_scenario_is_told_and_comes_out_as_written(world: World, name: str) -> None:
    tellings = _tellings(world, name)
    assert tellings
    for fault in tellings:
        _check_leads(world, fault)
        _check_deals(world, fault)
        _check_money(world, fault)


def test_difficulties_are_told_as_often_as_asked() -> None:
    for place, scenario in enumerate(SCENARIOS):
        for faults in (1, 2, 10):
            months = [scenario.tellings_in(month, place, faults) for month in range(100, 103)]
            assert sum(months) == faults
            assert max(months) - min(months) <= 1


def _check_leads(world: World, fault: Fault) -> None:
    enquiries = [world.ledger.enquiries[record] for record in fault.records["enquiries"]]
    wishes = dict.fromkeys(enquiry.intent_id for enquiry in enquiries if enquiry.intent_id)
    kinds = [world.ledger.intents[wish].lead_kind_expected for wish in wishes]
    assert len(kinds) == fault.values["leads"]
    assert kinds == fault.values["kinds"]


def _check_deals(world: World, fault: Fault) -> None:
    deals = [world.ledger.deals[deal_id] for deal_id in fault.records["deals"]]
    assert all(deal.pipeline_kind == "sales" for deal in deals)
    counted = [deal for deal in deals if deal.excluded_reason is None]
    excluded = Counter(deal.excluded_reason for deal in deals if deal.excluded_reason)
    assert Counter(deal.status for deal in counted) == fault.values["deals"]
    assert excluded == fault.values.get("excluded", {})
    assert sum(deal.manager_id is None for deal in counted) == fault.values.get("unassigned", 0)
    assert sum(not deal.is_worked for deal in counted) == fault.values.get("unworked", 0)


def _check_money(world: World, fault: Fault) -> None:
    payments = [world.ledger.payments[key] for key in fault.records["payments"]]
    counted = [payment for payment in payments if payment.counts]
    assert len(counted) == fault.values["payments"]
    kopecks = sum(payment.kopecks for payment in counted)
    assert kopecks == round(fault.values.get("revenue", 0.0) * 100)
    lost = sum(payment.kopecks for payment in counted if payment.expected_deal_id is None)
    assert lost == round(fault.values.get("unmatched", 0.0) * 100)


def test_one_event_left_an_unsorted_item_a_note_and_a_deal(world: World) -> None:
    for fault in _tellings(world, "one_event_three_records"):
        kinds = sorted(record.split(":")[0] for record in fault.records["left"])
        assert kinds == ["deal", "note", "unsorted"]
        uid = next(r.split(":")[1] for r in fault.records["left"] if r.startswith("unsorted"))
        note = next(int(r.split(":")[1]) for r in fault.records["left"] if r.startswith("note"))
        call = world.store.amocrm["notes/contacts"][note]["params"]
        assert call["uniq"] == world.store.amocrm["unsorted"][uid]["source_uid"]


def test_three_cards_spell_one_phone_in_three_ways(world: World) -> None:
    for fault in _tellings(world, "same_person_three_spellings"):
        phones = [
            world.store.amocrm["contacts"][card]["custom_fields_values"][0]["values"][0]["value"]
            for card in fault.records["contacts"]
        ]
        digits = {"".join(filter(str.isdigit, phone))[1:] for phone in phones}
        assert len(set(phones)) == 3
        assert len(digits) == 1
        assert phones[0].startswith("8 (")


def test_merged_contact_is_gone_and_the_survivor_has_both_phones(world: World) -> None:
    for fault in _tellings(world, "merged_contact"):
        contacts, leads = world.store.amocrm["contacts"], world.store.amocrm["leads"]
        (survivor,), (loser,) = fault.records["contacts"], fault.records["merged_contacts"]
        assert loser not in contacts
        assert len(contacts[survivor]["custom_fields_values"][0]["values"]) == 2
        for deal_id in fault.records["deals"]:
            assert leads[deal_id]["_embedded"]["contacts"] == [{"id": survivor, "is_main": True}]
        event = world.store.amocrm["events"][fault.records["events"][0]]
        assert (event["type"], event["value_before"], event["value_after"]) == (
            "entity_merged", [], [],
        )  # fmt: skip


def test_deleted_deal_is_in_the_bin_only(world: World) -> None:
    for fault in _tellings(world, "deleted_deal"):
        (deal_id,) = fault.records["deals"]
        assert deal_id not in world.store.amocrm["leads"]
        assert world.store.deleted_leads[deal_id]["is_deleted"]
        kinds = {
            event["type"]
            for event in world.store.amocrm["events"].values()
            if event["entity_id"] == deal_id
        }
        assert kinds == {"lead_added", "lead_deleted"}


def test_warmed_deals_stand_in_the_warming_pipeline(world: World) -> None:
    for name in ("warmed_after_loss", "warmed_while_open"):
        for fault in _tellings(world, name):
            (deal_id,) = fault.records["deals"]
            assert world.store.amocrm["leads"][deal_id]["pipeline_id"] == 3300


def test_unposted_document_stays_in_the_books(world: World) -> None:
    receipts = world.store.onec["Document_ПоступлениеНаРасчетныйСчет"]
    for fault in _tellings(world, "unposted_payment"):
        (key,) = fault.records["payments"]
        assert receipts[key]["Posted"] is False


def test_refund_is_a_write_off_that_names_the_invoice(world: World) -> None:
    write_offs = world.store.onec["Document_СписаниеСРасчетногоСчета"]
    invoices = world.store.onec["Document_СчетНаОплатуПокупателю"]
    for fault in _tellings(world, "refund_in_part"):
        refund = write_offs[fault.records["payments"][1]]
        assert refund["ВидОперации"] == "ВозвратПокупателю"
        assert refund["РасшифровкаПлатежа"][0]["СчетНаОплату_Key"] in invoices


def test_purpose_is_the_only_trace_where_it_should_be(world: World) -> None:
    receipts = world.store.onec["Document_ПоступлениеНаРасчетныйСчет"]
    for fault in _tellings(world, "purpose_names_invoice"):
        for key in fault.records["payments"]:
            line = receipts[key]["РасшифровкаПлатежа"][0]
            assert line["СчетНаОплату_Key"] == "00000000-0000-0000-0000-000000000000"
            assert "сч" in receipts[key]["НазначениеПлатежа"].lower()


def test_a_scenario_that_has_not_played_out_is_not_listed() -> None:
    early = build_world(
        seed=7, months=1, scale=0.01, as_of=datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    )
    assert early.ledger.faults == []
