"""How each table of raw_mango is read: employees whole, calls by windows of time.

What does not belong here: commands and the two steps (`client`), what is read again (`windows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.batches import to_arrow
from ingestion.catalog import Checkpoint, OpenSource, Probe, State
from ingestion.sources.mango import mapping
from ingestion.sources.mango.client import MangoClient
from ingestion.sources.mango.tables import BY_NAME
from ingestion.windows import ByWindow

LONGEST_WINDOW = timedelta(days=28)
"""A month at most is allowed, and this is never more, whatever month it is in."""


class MangoReaders:
    """The readers of one VPBX for one run; `zone` is that of the dates it is asked for."""

    def __init__(
        self,
        client: MangoClient,
        account_name: str,
        base_url: str,
        zone: ZoneInfo,
        windows: ByWindow,
        now: datetime,
    ) -> None:
        self._client = client
        self._account_name = account_name
        self._base_url = base_url
        self._zone = zone
        self._windows = windows
        self._now = now

    def opened(self) -> OpenSource:
        return OpenSource(
            readers={"calls": self._calls, "users": self._users},
            windows={"calls": self._calls_of},
            probes=(Probe("users", self._probe_users), Probe("calls", self._probe_calls)),
        )

    def _calls(self, state: State) -> Iterator[pa.Table | Checkpoint]:
        yield from self._windows.read(state, self._now, self._calls_of)

    def _calls_of(self, start: datetime, end: datetime) -> Iterator[pa.Table]:
        for items in self._client.calls("calls", self._local(start), self._local(end)):
            rows = [mapping.call(item, self._account_name, self._base_url) for item in items]
            yield to_arrow("mango", BY_NAME["calls"], rows)

    def _users(self, state: State) -> Iterator[pa.Table]:
        rows = [mapping.user(item, self._account_name) for item in self._client.users("users")]
        yield to_arrow("mango", BY_NAME["users"], rows)

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%d.%m.%Y %H:%M:%S")

    def _probe_users(self) -> str:
        return f"readable, {len(self._client.users('users'))} of them"

    def _probe_calls(self) -> str:
        start, end = self._local(self._now - timedelta(days=7)), self._local(self._now)
        is_any = next(self._client.calls("calls", start, end, page=1))
        return "readable" if is_any else "readable, and none in the last seven days"
