"""What a stand-in of a vendor is wired to: the company's records, its settings and two clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.selections import Selections
from demo.settings import ServerSettings
from demo.store import Store


@dataclass(frozen=True)
class Wire:
    """`clock` counts for limits and waiting (seconds), `now` is the world's (unix seconds)."""

    store: Store
    selections: Selections
    settings: ServerSettings
    clock: Callable[[], float]
    now: Callable[[], float]
