"""Things a visitor makes happen now: one named act in the store and in the ledger, so that a
refresh can be watched.

Belongs here: the everyday ones, with what they answer. Does not belong: which deal one picks
(`picks`), what goes wrong with cards (`happen_cards`) and in the books (`happen_books`), the acts
themselves (`story`), HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from demo import company, staff
from demo.happen_books import BOOK_HAPPENINGS
from demo.happen_cards import CARD_HAPPENINGS
from demo.moscow import DAY, month_of, utc_text
from demo.picks import NothingFitsError, about, latest, open_deals, with_one_wish
from demo.story import Story
from demo.world import FIRST_HAPPENING, HOUSEKEEPING, World

_NEXT_STAGE = {
    company.UNSORTED_STAGE: company.TAKEN,
    company.NEW_REQUEST: company.TAKEN,
    company.TAKEN: company.QUALIFIED,
    company.QUALIFIED: company.PROPOSAL_SENT,
    company.PROPOSAL_SENT: company.NEGOTIATION,
    company.NEGOTIATION: company.CONTRACT,
}


def happen(world: World, name: str, now: datetime) -> dict[str, Any]:
    """Make the named thing happen at `now` (aware; not before the world's present) and answer what
    it did, with ids.

    Names: `HAPPENINGS`. Raises ValueError for another name or a naive `now`, NothingFitsError
    where the world is too small.
    """
    if name not in HAPPENINGS:
        raise ValueError(f"Nothing is called {name!r} here; try one of {', '.join(HAPPENINGS)}.")
    if now.tzinfo is None:
        raise ValueError("What happens needs a moment with a time zone.")
    place = FIRST_HAPPENING + world.happenings
    if place >= HOUSEKEEPING:
        raise NothingFitsError(
            "So much has been made to happen that ids ran out: start the demo anew."
        )
    moment = max(now, world.as_of)
    at = int(moment.timestamp())
    story = Story(world, world.seed, month_of(at), place, at)
    story.now(at)
    done = {"happened": name, "at": utc_text(at), **HAPPENINGS[name](world, story)}
    world.happenings += 1
    world.as_of, world.ledger.as_of = moment, at
    world.ledger.happened.append(done)
    return done


def _new_lead(world: World, story: Story) -> dict[str, Any]:
    person, channel = story.someone(), company.CHANNELS["yandex_direct"]
    deal = story.enquire(
        person,
        channel,
        story.want(person, channel),
        responsible=staff.manager(story.rng, story.month),
        budget=0,
        city="Москва",
    )
    assert deal.enquiry is not None
    return about(deal) | {"enquiry": deal.enquiry.record, "contact_id": person.contact_ids[0]}


def _stage_move(world: World, story: Story) -> dict[str, Any]:
    deal = latest(deal for deal in open_deals(world) if deal.record["status_id"] in _NEXT_STAGE)
    before = deal.record["status_id"]
    story.finish_task(deal)
    story.move(deal, _NEXT_STAGE[before])
    story.set_task(deal, story.t + 2 * DAY)
    return about(deal) | {"status_before": before, "status_after": deal.record["status_id"]}


def _call(world: World, story: Story) -> dict[str, Any]:
    deal = latest(deal for deal in open_deals(world) if deal.person.contact_ids)
    return about(deal) | {"note_id": story.call_out(deal, 120)}


def _delete(world: World, story: Story) -> dict[str, Any]:
    """An open deal that is all its intent has left goes, and the wish with it: no lead remains."""
    deal = latest(with_one_wish(world))
    gone = world.forget_wish(deal)
    story.delete(deal, deal.responsible)
    return about(deal) | {"intent_gone": gone}


def _merge(world: World, story: Story) -> dict[str, Any]:
    """Two cards of one person become one; where nobody has two, somebody first gets a second
    one.
    """
    deals = list(open_deals(world))
    doubled = [deal for deal in deals if len(deal.person.contact_ids) > 1]
    deal = latest(doubled or [deal for deal in deals if deal.person.contact_ids])
    person = deal.person
    if len(person.contact_ids) == 1:
        story.contact(person, deal.responsible, deal.responsible, style=4)
    survivor, loser = person.contact_ids[0], person.contact_ids[-1]
    event_id = story.merge_cards(person, survivor, loser, deal.responsible)
    return {"survivor_id": survivor, "loser_id": loser, "event_id": event_id}


HAPPENINGS: dict[str, Callable[[World, Story], dict[str, Any]]] = {
    "new_lead": _new_lead,
    "stage_move": _stage_move,
    "call": _call,
    "delete": _delete,
    "merge": _merge,
    **BOOK_HAPPENINGS,
    **CARD_HAPPENINGS,
}
