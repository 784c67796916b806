"""Reading what a source gives by date alone, and goes on correcting for some days.

A first load goes from the past to now in windows, with a checkpoint behind each; later runs read
the last days again. Each window begins where the one before ended, so that it does not matter
whether a source counts its bounds in. What does not belong here: asking for a window (the sources).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingestion.catalog import Checkpoint, Gone, State

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ByWindow:
    """`history` is read at first, at most `width` at once, and the last `reread` in every run."""

    width: timedelta
    history: timedelta
    reread: timedelta

    def read(
        self,
        state: State,
        now: datetime,
        window: Callable[[datetime, datetime], Iterator[pa.Table | Gone]],
    ) -> Iterator[pa.Table | Gone | Checkpoint]:
        """Rows from where `state` says until `now`. Our clock says how far we have read: days are
        read again, and no clock is wrong by days.
        """
        settled = now - self.reread
        reached = datetime.fromisoformat(state["reached"]) if state else now - self.history
        for start, end in self.spans(min(reached, settled), now):
            yield from window(start, end)
            yield Checkpoint({"reached": max(reached, min(end, settled)).isoformat()})

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """`start` to `end` in pieces of `width`."""
        while start < end:
            yield start, min(start + self.width, end)
            start += self.width
