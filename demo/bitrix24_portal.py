"""What of a Bitrix24 portal can be changed, and its limits: requests, and seconds of work.

The bucket holds 50 requests and leaks 2 a second; a method that worked longer than its limit within
ten minutes is refused until the oldest minute is forgotten.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo import company
from demo.store import Record

BUCKET = 50
LEAKS_PER_SECOND = 2
OPERATING_LIMIT_SECONDS = 480.0
MINUTE = 60.0
REMEMBERED_SECONDS = 600.0
SCOPES = ("crm", "task", "user", "department", "telephony")
WEBHOOK_USER = company.HEAD_OF_SALES_ID


@dataclass
class Portal:
    """`scopes` is what the webhook may be asked; `visible_to` the only user whose cards its user
    sees (None: all); `has_item_lists` is false for old portals of one's own; `work_seconds` is what
    one request costs.
    """

    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    visible_to: int | None = None
    has_item_lists: bool = True
    work_seconds: float = 0.01

    def switch(self, asked: Any) -> None:
        """Raises ValueError for anything that is no switch."""
        if not isinstance(asked, dict) or not asked.keys() <= self.__dict__.keys():
            raise ValueError(f"Send one JSON object with any of {', '.join(self.__dict__)}.")
        self.__dict__.update(asked)

    def shows(self, row: Record) -> bool:
        owner = row.get("ASSIGNED_BY_ID") or row.get("RESPONSIBLE_ID") or row.get("responsibleId")
        return self.visible_to is None or owner in (None, str(self.visible_to))


class Bucket:
    """Counts requests; what is above the bucket's size is refused, and is not counted."""

    def __init__(self, haste: int, clock: Callable[[], float]) -> None:
        self._leaks = LEAKS_PER_SECOND * haste
        self._size = BUCKET * haste
        self._clock = clock
        self._held = 0.0
        self._at = clock()

    def take(self) -> bool:
        now = self._clock()
        self._held = max(0.0, self._held - (now - self._at) * self._leaks)
        self._at = now
        if self._held + 1 > self._size:
            return False
        self._held += 1
        return True


class Operating:
    """Seconds each method worked, in baskets of a minute. `now` is the world's, in unix seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._baskets: dict[str, deque[list[float]]] = defaultdict(deque)

    def spent(self, method: str) -> float:
        baskets, now = self._baskets[method], self._now()
        while baskets and baskets[0][0] + REMEMBERED_SECONDS <= now:
            baskets.popleft()
        return sum(seconds for _, seconds in baskets)

    def is_over(self, method: str) -> bool:
        return self.spent(method) > OPERATING_LIMIT_SECONDS

    def add(self, method: str, seconds: float) -> None:
        baskets, now = self._baskets[method], self._now()
        if not baskets or baskets[-1][0] + MINUTE <= now:
            baskets.append([now, 0.0])
        baskets[-1][1] += seconds

    def reset_at(self, method: str) -> int:
        """When the oldest basket is forgotten, unix seconds."""
        baskets = self._baskets[method]
        return int((baskets[0][0] if baskets else self._now()) + REMEMBERED_SECONDS)
