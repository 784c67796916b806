"""Limits of requests as exchanges have them: so many within any span of so many seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Quota:
    """Lets `limit` requests through in any `seconds`. `clock` gives seconds and never goes back."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Counts this request, unless the limit is used up."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return False
        self._taken.append(now)
        return True

    @property
    def left(self) -> int:
        return self.limit - len(self._taken)
