"""The calls as the company's two telephone exchanges saw them: legs, waiting, talk.

Each call note of the CRM is a call here, its `uniq` the exchange's id; calls that begin in the
unsorted inbox ring at the moment the inbox item says. Beside them stand calls nobody linked: a
caller who hung up and tried again minutes later, a manager who rang a supplier or a colleague.
None of those is a wish of somebody new, so the ledger has no enquiry of them, only the book of
calls (`monthly`).

Belongs here: what an exchange knows and how it is drawn from the store, which stays as it is. Does
not belong: how a vendor spells it (`zadarma`, `mango`).
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from demo import company
from demo.identity import guid
from demo.moscow import MINUTE, month_name, month_of
from demo.store import Record, Store

Exchange = Literal["zadarma", "mango"]
Direction = Literal["in", "out", "internal"]

RETAIL_DEPARTMENT = 12
"""Works with Zadarma; everybody else, and calls of nobody, go through Mango."""
EXCHANGES: tuple[Exchange, ...] = ("mango", "zadarma")
LINES: dict[Exchange, str] = {"mango": "74951234567", "zadarma": "74951234568"}
RECORDED_AFTER_SECONDS = 10 * MINUTE
"""A recording can be had so long after the call ended."""
COSTED_AFTER_SECONDS = 60 * MINUTE
"""And its cost is known so long after."""
_INBOX_RINGS_SECONDS = 3
_SUPPLIERS = tuple(f"780020000{place:02d}" for place in range(20))


@dataclass(frozen=True)
class Leg:
    """One telephone that rang, unix seconds; `user_id` 0 is nobody's."""

    user_id: int
    starts_at: int
    answered_at: int | None
    ends_at: int

    @property
    def talk(self) -> int:
        return self.ends_at - self.answered_at if self.answered_at else 0


@dataclass(frozen=True)
class Call:
    """One call with its legs in order; the last one is the one that talked, if any did.

    `number` is the outside party; within the house, the extension that was dialled.
    """

    id: str
    direction: Direction
    number: str
    legs: tuple[Leg, ...]

    @property
    def starts_at(self) -> int:
        return self.legs[0].starts_at

    @property
    def ends_at(self) -> int:
        return self.legs[-1].ends_at

    @property
    def user_id(self) -> int:
        """Who talked, or who was the last not to answer."""
        return self.legs[-1].user_id

    @property
    def talk(self) -> int:
        return self.legs[-1].talk


def extension(user_id: int) -> str:
    """The internal number: `101` of user 9101."""
    return str(user_id - 9000)


def people(exchange: Exchange) -> tuple[company.Employee, ...]:
    """Whose telephones hang on the exchange."""
    return tuple(one for one in company.EMPLOYEES if exchange_of(one.id) == exchange)


def exchange_of(user_id: int) -> Exchange:
    """The exchange that carries the calls of the user."""
    retail = company.DEPARTMENT_OF.get(user_id) == RETAIL_DEPARTMENT
    return "zadarma" if retail else "mango"


def call_notes(store: Store) -> Iterator[tuple[str, Record]]:
    """The CRM's notes of calls, each with whose card it is on: leads or contacts."""
    for kind in ("leads", "contacts"):
        for note in store.amocrm[f"notes/{kind}"].values():
            if note["note_type"] in ("call_in", "call_out"):
                yield kind, note


def calls(store: Store, exchange: Exchange) -> list[Call]:
    """All calls of an exchange, also those of the future, the earliest start first."""
    inbox = {
        str(item["source_uid"]): int(item["metadata"]["called_at"])
        for item in store.amocrm["unsorted"].values()
        if item["category"] == "sip" and item.get("source_uid")
    }
    found: list[Call] = []
    for _, note in call_notes(store):
        if (
            exchange_of(int(note["responsible_user_id"])) == exchange
            and note["params"]["phone"]  # else it was made past the exchange
        ):
            found.extend(_seen(note, inbox.get(str(note["params"]["uniq"]))))
    return sorted(found, key=lambda call: (call.starts_at, call.id))


def monthly(store: Store, as_of: int) -> list[dict[str, Any]]:
    """The book of calls: conversations and attempts per Moscow month, manager and direction that
    had ended by then, those past the exchanges among them, whose seconds only the CRM can tell
    (`past_exchanges_seconds`). `manager_id` None is nobody's; a call is of who talked, or was the
    last not to answer. Missed are incoming calls without talk.
    """
    seen = [
        (call.starts_at, call.user_id, call.direction, call.talk, 0)
        for exchange in EXCHANGES
        for call in calls(store, exchange)
        if call.ends_at <= as_of
    ]
    past_the_exchange = [
        (
            note["created_at"],
            note["responsible_user_id"],
            note["note_type"].removeprefix("call_"),
            note["params"]["duration"],
            note["params"]["duration"],
        )
        for _, note in call_notes(store)
        if not note["params"]["phone"]
    ]
    cells: dict[tuple[str, int, str], Counter[str]] = defaultdict(Counter)
    for at, user_id, direction, talk, unseen_talk in [*seen, *past_the_exchange]:
        cells[month_name(month_of(at)), user_id, direction].update(
            calls=1,
            missed=int(direction == "in" and not talk),
            talk_seconds=talk,
            past_exchanges_seconds=unseen_talk,
        )
    return [
        {"month": month, "manager_id": user_id or None, "direction": direction, **counted}
        for (month, user_id, direction), counted in sorted(cells.items())
    ]


def _seen(note: Record, rang_at: int | None) -> Iterator[Call]:
    """The call of a note, after and before those that nobody linked; the note alone draws."""
    params, user_id = note["params"], int(note["responsible_user_id"])
    rng = random.Random(params["uniq"])
    talk, number = int(params["duration"]), str(params["phone"])
    if note["note_type"] == "call_out":
        wait = rng.randrange(5, 30) if talk else rng.randrange(20, 45)
        call = _dialled(params["uniq"], "out", number, user_id, int(note["created_at"]), wait, talk)
        yield call
        if rng.random() < 0.04:
            at, supplier = call.ends_at + rng.randrange(60, 600), rng.choice(_SUPPLIERS)
            yield _dialled(guid(rng), "out", supplier, user_id, at, 9, rng.randrange(20, 200))
        elif rng.random() < 0.03 and exchange_of(user_id) == "mango":
            head = extension(company.HEAD_OF_SALES_ID)
            yield _dialled(guid(rng), "internal", head, user_id, call.ends_at + 30, 6, 45)
        return
    rings = (user_id,) if rang_at or rng.random() < 0.6 else (_colleague(rng, user_id), user_id)
    begins = int(note["created_at"]) if rang_at is None else rang_at
    if rang_at is None and talk and rng.random() < 0.15:
        gave_up, waited = begins - rng.randrange(90, 400), rng.randrange(4, 10)
        yield _rung(guid(rng), number, rings[:1], gave_up, waited, 0)
    yield _rung(params["uniq"], number, rings, begins, _ring(rng, rang_at, talk), talk)


def _ring(rng: random.Random, rang_at: int | None, talk: int) -> int:
    """How long the last telephone rings."""
    if rang_at is not None:
        return _INBOX_RINGS_SECONDS
    return rng.randrange(4, 25) if talk else rng.randrange(15, 40)


def _colleague(rng: random.Random, user_id: int) -> int:
    others = [one.id for one in people(exchange_of(user_id)) if one.id != user_id]
    return rng.choice(others)


def _dialled(
    call_id: str, direction: Direction, number: str, user_id: int, at: int, wait: int, talk: int
) -> Call:
    answered = at + wait if talk else None
    return Call(call_id, direction, number, (Leg(user_id, at, answered, at + wait + talk),))


def _rung(call_id: str, number: str, rings: tuple[int, ...], at: int, wait: int, talk: int) -> Call:
    """Somebody rings: one telephone after the other for 12 s, the last for `wait`."""
    legs = [Leg(user, at + 12 * n, None, at + 12 * (n + 1)) for n, user in enumerate(rings[:-1])]
    last = at + 12 * len(legs)
    answered = last + wait if talk else None
    legs.append(Leg(rings[-1], last, answered, last + wait + talk))
    return Call(call_id, "in", number, tuple(legs))
