"""How each table of raw_zadarma is read: extensions whole, calls by windows of time.

What does not belong here: pages and the signature (`client`), what is read again (`windows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

import pyarrow as pa

from ingestion.batches import to_arrow
from ingestion.catalog import Checkpoint, OpenSource, Probe, State
from ingestion.sources.zadarma import mapping
from ingestion.sources.zadarma.client import ZadarmaClient
from ingestion.sources.zadarma.tables import BY_NAME
from ingestion.windows import ByWindow

LONGEST_WINDOW = timedelta(days=28)
"""A month at most is allowed, and this is never more, whatever month it is in."""


class ZadarmaReaders:
    """The readers of one account for one run. Without `zone` the account is asked for it."""

    def __init__(
        self,
        client: ZadarmaClient,
        account_name: str,
        zone: tzinfo | None,
        windows: ByWindow,
        now: datetime,
    ) -> None:
        self._client = client
        self._account_name = account_name
        self._given_zone = zone
        self._windows = windows
        self._now = now

    def opened(self) -> OpenSource:
        return OpenSource(
            readers={"calls": self._calls, "extensions": self._extensions},
            windows={"calls": self._calls_of},
            probes=(
                Probe("extensions", self._probe_extensions),
                Probe("time zone", lambda: f"times of the account are {self._zone}"),
                Probe("calls", self._probe_calls),
            ),
        )

    @cached_property
    def _zone(self) -> tzinfo:
        return self._given_zone or self._client.timezone("calls")

    def _calls(self, state: State) -> Iterator[pa.Table | Checkpoint]:
        yield from self._windows.read(state, self._now, self._calls_of)

    def _calls_of(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        for items in self._client.calls("calls", self._local(start), self._local(end)):
            rows = [mapping.call(item, self._account_name, self._zone) for item in items]
            yield to_arrow("zadarma", BY_NAME["calls"], rows)

    def _extensions(self, state: State) -> Iterator[pa.Table]:
        items = self._client.extensions("extensions")
        rows = [mapping.extension(item, self._account_name) for item in items]
        yield to_arrow("zadarma", BY_NAME["extensions"], rows)

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _probe_extensions(self) -> str:
        return f"readable, {len(self._client.extensions('extensions'))} of them"

    def _probe_calls(self) -> str:
        start, end = self._local(self._now - timedelta(days=7)), self._local(self._now)
        is_any = next(self._client.calls("calls", start, end, page=1))
        return "readable" if is_any else "readable, and none in the last seven days"
