"""How long a method of Bitrix24 has to rest once it worked too long.

The portal adds up the seconds each method worked within ten minutes and refuses it above a limit
until the oldest minute is forgotten. Each answer tells when that is, by the portal's clock; the
refusal itself does not. Requests above the rate are another matter (`http.RateLimiter`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BUCKET_SECONDS = 12.5
"""So many seconds' worth of requests go at once: half of the portal's bucket (50 at 2 a second, 250
at 5), because another run may follow soon, and others may ask from the same address.
"""
UNKNOWN_REST_SECONDS = 60.0
"""The minute is what the portal counts by."""
LONGEST_REST_SECONDS = 600.0


class Operating:
    """What answers told of each method. `monotonic` counts seconds here."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._free_at: dict[str, float] = {}

    def note(self, method: str, time: Any) -> None:
        """Takes note of the `time` of an answer; what is missing or odd in it tells nothing."""
        if not isinstance(time, dict):
            return
        reset_at, now = time.get("operating_reset_at"), time.get("finish")
        if isinstance(reset_at, int | float) and isinstance(now, int | float):
            self._free_at[method] = self._monotonic() + reset_at - now

    def rest(self, method: str) -> float:
        """Seconds until some of what the method worked is forgotten."""
        left = self._free_at.pop(method, 0.0) - self._monotonic()
        return min(left, LONGEST_REST_SECONDS) if left > 0 else UNKNOWN_REST_SECONDS
