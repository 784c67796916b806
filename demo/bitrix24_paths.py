"""The way of each deal through the other CRM, as a Bitrix24 portal tells it apart: first a lead,
then perhaps a deal.

Belongs here: what events tell. Does not belong: cards (`bitrix24_cards`), history
(`bitrix24_acts`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from demo import company
from demo.store import Record, Store


@dataclass(frozen=True)
class Move:
    """A deal of the other CRM went from one place to another; places are (pipeline, status)."""

    key: str
    at: int
    author: int
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True)
class Path:
    """The life of one deal of the other CRM: how it was born, every move, and where it stands (None
    when it is gone for good).
    """

    born: Record
    moves: tuple[Move, ...]
    stands: tuple[int, int] | None

    @property
    def first_place(self) -> tuple[int, int] | None:
        """Where it was born."""
        return self.moves[0].before if self.moves else self.stands

    @property
    def was_unsorted(self) -> bool:
        return self.first_place is not None and self.first_place[1] == company.UNSORTED_STAGE

    @property
    def sorted_by(self) -> Move | None:
        """The move that took it out of the inbox."""
        return self.moves[0] if self.was_unsorted and self.moves else None

    @property
    def is_junk(self) -> bool:
        return self.sorted_by is not None and self.sorted_by.after[1] == company.LOST

    @property
    def is_deal(self) -> bool:
        """Whether a deal came of it here."""
        return not self.was_unsorted or (self.sorted_by is not None and not self.is_junk)

    def was_deal_at(self, at: int) -> bool:
        return self.is_deal and (self.sorted_by is None or self.sorted_by.at <= at)


def paths(store: Store) -> dict[int, Path]:
    """Of all deals that ever were, also those that are gone, by their number."""
    moves: dict[int, list[Move]] = defaultdict(list)
    born: dict[int, Record] = {}
    for event in store.amocrm["events"].values():
        if event["type"] == "lead_added":
            born[event["entity_id"]] = event
        elif event["type"] == "lead_status_changed":
            moves[event["entity_id"]].append(_move(event))
    held = store.amocrm["leads"] | store.deleted_leads
    return {
        number: Path(
            event,
            tuple(sorted(moves[number], key=lambda move: (move.at, move.key))),
            place_of(held[number]) if number in held else None,
        )
        for number, event in born.items()
    }


def place_of(record: Record) -> tuple[int, int]:
    """Pipeline and status."""
    return record["pipeline_id"], record["status_id"]


def _move(event: Record) -> Move:
    ends = (event[name][0]["lead_status"] for name in ("value_before", "value_after"))
    places = [(end.get("pipeline_id", company.SALES), end["id"]) for end in ends]
    return Move(event["id"], event["created_at"], event["created_by"], places[0], places[1])
