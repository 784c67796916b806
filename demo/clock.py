"""The clock of the demo servers: it runs by itself and can be moved forward."""

from __future__ import annotations

from collections.abc import Callable


class MovableClock:
    """Seconds of `base` plus whatever it was moved forward; never goes back."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._base() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let so many seconds pass at once; ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("Time goes forward only: 'forward_seconds' is 0 or more.")
        self._ahead += seconds
