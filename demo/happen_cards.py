"""Things a visitor makes happen to cards of the CRM that a client has to get right: edits between
two pages, deletions told and untold, returns, late entries, values and fields nobody expects.

The rules of `happen` hold here: an act picks from an ordinary life, writes the truth first and
answers what it did, with ids.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo import cards, company, crm_records, staff
from demo.cast import Deal
from demo.moscow import DAY, MINUTE
from demo.picks import (
    NothingFitsError,
    about,
    latest,
    of_one_time_customers,
    open_deals,
    with_one_wish,
)
from demo.store import Record
from demo.story import Story
from demo.world import World

LATE_MINUTES = 8
"""So much earlier a late entry is dated: it was made where there was no network."""
_VIP_TAG = 45
_FIRST_NEW_FIELD = 7050
_FIRST_NEW_STAGE = 31050


def _edit_deal(world: World, story: Story) -> dict[str, Any]:
    """The price of an open deal is agreed anew."""
    deal = latest(open_deals(world))
    price = 1000 * story.rng.randrange(50, 500)
    before = deal.record["price"]
    deal.truth.budget = deal.record["price"] = price
    story.touch(deal, deal.responsible)
    story.event(
        "sale_field_changed",
        "lead",
        deal.id,
        deal.responsible,
        [{"sale_field_value": {"sale": before}}],
        [{"sale_field_value": {"sale": price}}],
    )
    return about(deal) | {"price": price}


def _hand_over(world: World, story: Story) -> dict[str, Any]:
    deal = latest(open_deals(world))
    to = next(one for one in staff.NEUTRAL if one != deal.responsible)
    story.hand_over(deal, to, company.HEAD_OF_SALES_ID)
    return about(deal) | {"responsible_user_id": to}


def _finish_task(world: World, story: Story) -> dict[str, Any]:
    deal = latest(deal for deal in open_deals(world) if deal.open_task is not None)
    assert deal.open_task is not None
    task_id = deal.open_task["id"]
    story.finish_task(deal)
    story.event("task_completed", "task", task_id, deal.responsible)
    return about(deal) | {"task_id": task_id}


def _restore_deal(world: World, story: Story) -> dict[str, Any]:
    """The deal deleted last comes back from the bin, and the wish with it."""
    binned = [deal_id for deal_id in world.wishes_gone if deal_id in world.store.deleted_leads]
    if not binned:
        raise NothingFitsError("Nothing can come back: let 'delete' happen first.")
    deal = world.deals[binned[-1]]
    world.recall_wish(deal)
    cards.restore_deal(story, deal)
    return about(deal)


def _erase_deal_silently(world: World, story: Story) -> dict[str, Any]:
    deal = latest(with_one_wish(world))
    gone = world.forget_wish(deal)
    cards.erase_deal(story, deal)
    return about(deal) | {"intent_gone": gone}


def _merge_strangers(world: World, story: Story) -> dict[str, Any]:
    """Two people turn out to be one, who wrote twice from two addresses: their cards become one,
    and what they wished was one wish.
    """
    first, again = _last_two_strangers(world)
    one, other = first.person, again.person
    (survivor,), (loser,) = one.contact_ids, other.contact_ids
    gone = world.same_wish(first, again)
    again.person = one
    one.contact_ids.append(loser)
    event_id = story.merge_cards(one, survivor, loser, again.responsible)
    return about(again) | {
        "first_deal_id": first.id,
        "intent_gone": gone,
        "survivor_id": survivor,
        "loser_id": loser,
        "event_id": event_id,
    }


def _last_two_strangers(world: World) -> list[Deal]:
    """The two open deals made last, in their order, of people with a card and a wish each."""
    alone = {deal.id for deal in of_one_time_customers(world) if len(deal.person.contact_ids) == 1}
    later = latest(deal for deal in with_one_wish(world) if deal.id in alone)
    earlier = latest(
        deal
        for deal in with_one_wish(world)
        if deal.id in alone and deal.person is not later.person
    )
    return [earlier, later]


def _delete_contact(world: World, story: Story) -> dict[str, Any]:
    """The only card of somebody with one deal; the deal stays."""
    deal = latest(
        deal for deal in of_one_time_customers(world) if len(deal.person.contact_ids) == 1
    )
    (contact_id,) = deal.person.contact_ids
    world.binned[contact_id] = cards.delete_card(story, "contacts", contact_id, deal)
    deal.person.contact_ids.clear()
    return about(deal) | {"contact_id": contact_id}


def _restore_contact(world: World, story: Story) -> dict[str, Any]:
    """The contact deleted last comes back."""
    binned = [card_id for card_id, one in world.binned.items() if one.kind == "contacts"]
    if not binned:
        raise NothingFitsError("No contact can come back: let 'delete_contact' happen first.")
    card = world.binned.pop(binned[-1])
    cards.restore_card(story, card)
    card.deal.person.contact_ids.append(binned[-1])
    return about(card.deal) | {"contact_id": binned[-1]}


def _delete_company(world: World, story: Story) -> dict[str, Any]:
    """The card of a company with one deal and nothing billed; the deal stays."""
    deal = latest(
        deal for deal in of_one_time_customers(world) if deal.person.customer.company_id is not None
    )
    customer = deal.person.customer
    assert customer.company_id is not None
    company_id, customer.company_id = customer.company_id, None
    world.binned[company_id] = cards.delete_card(story, "companies", company_id, deal)
    return about(deal) | {"company_id": company_id}


def _late_note(world: World, story: Story) -> dict[str, Any]:
    """A note and its event become visible now, dated some minutes ago."""
    deal = latest(open_deals(world))
    story.t -= LATE_MINUTES * MINUTE
    note_id = story.write_note(deal)
    event_id = story.event(
        "common_note_added", "lead", deal.id, deal.responsible, after=[{"note": {"id": note_id}}]
    )
    return about(deal) | {"note_id": note_id, "event_id": event_id}


def _odd_deal(world: World, story: Story) -> dict[str, Any]:
    """A new deal whose values are allowed and rarely thought of: no price, no field filled, a tag
    without a colour, an event that leaves the pipeline out, a finished task without a result.
    """
    person, channel = story.someone(private=True), company.CHANNELS["(blank)"]
    deal = story.enquire(
        person,
        channel,
        story.want(person, channel),
        responsible=staff.manager(story.rng, story.month),
        budget=0,
    )
    deal.record["price"] = None
    tag = {"id": _VIP_TAG, "name": "VIP"}
    world.store.amocrm["tags/leads"][_VIP_TAG] = tag
    deal.record["_embedded"]["tags"].append(tag)
    task_id = story.set_task(deal, story.t + DAY)
    story.move(deal, company.TAKEN)
    moved = next(reversed(world.store.amocrm["events"].values()))
    for value in (*moved["value_before"], *moved["value_after"]):
        del value["lead_status"]["pipeline_id"]
    story.finish_task(deal)
    world.store.amocrm["tasks"][task_id].pop("result", None)
    return about(deal) | {"task_id": task_id, "event_id": moved["id"]}


def _new_field(world: World, story: Story) -> dict[str, Any]:
    """The head of sales adds two fields to the deals and fills them in one: a number, which amoCRM
    sends as text, and a date, which it sends as unix seconds.
    """
    deal = latest(open_deals(world))
    fields = world.store.amocrm["custom_fields/leads"]
    first = max(_FIRST_NEW_FIELD, *(int(one) + 1 for one in fields))
    discount = company.Field(first, "leads", "Скидка, %", "", "numeric", {})
    shipment = company.Field(first + 1, "leads", "Дата отгрузки", "", "date", {})
    for place, field in enumerate((discount, shipment), start=len(fields) + 1):
        fields[field.id] = crm_records.custom_field(field, place)
    deal.record["custom_fields_values"] = [
        *(deal.record["custom_fields_values"] or []),
        crm_records.value_of(discount, "12.5"),
        crm_records.value_of(shipment, story.t + 7 * DAY),
    ]
    story.touch(deal, deal.responsible)
    return about(deal) | {"field_ids": [discount.id, shipment.id]}


def _rename_stage(world: World, story: Story) -> dict[str, Any]:
    """The head of sales calls a stage of the sales pipeline by another name."""
    stage = next(one for one in _sales_stages(world) if one["id"] == company.NEGOTIATION)
    stage["name"] = f"{stage['name']} (новое)"
    return {"status_id": stage["id"], "name": stage["name"]}


def _new_stage(world: World, story: Story) -> dict[str, Any]:
    """The head of sales adds a stage to the sales pipeline, and a deal is moved there."""
    deal = latest(open_deals(world))
    stages = _sales_stages(world)
    like = next(one for one in stages if one["id"] == company.NEGOTIATION)
    stage = {
        **like,
        "id": max(_FIRST_NEW_STAGE, *(one["id"] + 1 for one in stages)),
        "name": "Согласование у директора",
        "sort": like["sort"] + 1,
    }
    stages.append(stage)
    before = deal.record["status_id"]
    story.move(deal, stage["id"])
    return about(deal) | {"status_before": before, "status_after": stage["id"]}


def _sales_stages(world: World) -> list[Record]:
    stages: list[Record] = world.store.amocrm["pipelines"][company.SALES]["_embedded"]["statuses"]
    return stages


CARD_HAPPENINGS: dict[str, Callable[[World, Story], dict[str, Any]]] = {
    "edit_deal": _edit_deal,
    "hand_over": _hand_over,
    "finish_task": _finish_task,
    "restore_deal": _restore_deal,
    "erase_deal_silently": _erase_deal_silently,
    "merge_strangers": _merge_strangers,
    "delete_contact": _delete_contact,
    "restore_contact": _restore_contact,
    "delete_company": _delete_company,
    "late_note": _late_note,
    "odd_deal": _odd_deal,
    "new_field": _new_field,
    "rename_stage": _rename_stage,
    "new_stage": _new_stage,
}
