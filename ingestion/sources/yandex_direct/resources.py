"""How each table of raw_yandex_direct is read: campaigns whole, figures by windows of days.

Figures of the last days are restated (false clicks are taken back, conversions come late), and a
row whose clicks were all taken back is not shown any more: it is told as gone. What does not belong
here: questions and waiting (`client`), what is read again (`windows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.batches import batched
from ingestion.catalog import Checkpoint, Gone, Held, OpenSource, Probe, State
from ingestion.http import AnswerRefusedError
from ingestion.sources.yandex_direct import mapping
from ingestion.sources.yandex_direct.client import DirectClient
from ingestion.sources.yandex_direct.refusals import TOO_MUCH
from ingestion.sources.yandex_direct.tables import BY_NAME
from ingestion.sources.yandex_direct.tsv import Cells
from ingestion.windows import ByWindow

WINDOW = timedelta(days=30)
"""How many rows a report may have is not documented; this many days of a large cabinet are few."""
ONE_DAY = timedelta(days=1)
KEY = BY_NAME["ad_performance"].key


class DirectReaders:
    """The readers of one advertiser for one run; `zone` is that of the cabinet's days."""

    def __init__(
        self,
        client: DirectClient,
        account_name: str,
        zone: ZoneInfo,
        goals: tuple[str, ...],
        attribution_model: str,
        windows: ByWindow,
        now: datetime,
        held: Held,
    ) -> None:
        self._client = client
        self._account_name = account_name
        self._zone = zone
        self._goals = goals
        self._attribution_model = attribution_model
        self._windows = windows
        self._now = now
        self._held = held

    def opened(self) -> OpenSource:
        return OpenSource(
            readers={"campaigns": self._campaigns, "ad_performance": self._performance},
            windows={"ad_performance": self._performance_of},
            probes=(
                Probe("advertiser", self._probe_advertiser),
                Probe("campaigns", self._probe_campaigns),
                Probe("reports", self._probe_reports),
            ),
        )

    def _campaigns(self, state: State) -> Iterator[pa.Table | Checkpoint]:
        pages = self._client.campaigns("campaigns")
        rows = ([mapping.campaign(item, self._account_name) for item in page] for page in pages)
        yield from batched("yandex_direct", BY_NAME["campaigns"], rows)

    def _performance(self, state: State) -> Iterator[pa.Table | Gone | Checkpoint]:
        today = self._now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        yield from self._windows.read(state, today + ONE_DAY, self._performance_of)

    def _performance_of(self, start: datetime, end: datetime) -> Iterator[pa.Table | Gone]:
        """Whole days of the cabinet that the moments from `start` to before `end` lie in."""
        first = start.astimezone(self._zone).date()
        last = (end - timedelta(microseconds=1)).astimezone(self._zone).date()
        rows = [
            mapping.performance(cells, self._account_name, self._attribution_model)
            for cells in self._days(first, last)
        ]
        for piece in batched("yandex_direct", BY_NAME["ad_performance"], [rows]):
            if not isinstance(piece, Checkpoint):
                yield piece
        came = {tuple(row[column] for column in KEY) for row in rows}
        held = self._held("ad_performance", KEY, at_least=("date", first.isoformat()))
        if gone := tuple(key for key in held if key[0] <= last.isoformat() and key not in came):
            yield Gone(gone)

    def _days(self, first: date, last: date) -> list[Cells]:
        """A report of some days; of fewer at once when Direct cannot make so much in time."""
        try:
            return self._client.report("ad_performance", self._asked(first, last))
        except AnswerRefusedError as error:
            if error.status != TOO_MUCH or first == last:
                raise
        middle = first + (last - first) // 2
        return [*self._days(first, middle), *self._days(middle + ONE_DAY, last)]

    def _asked(self, first: date, last: date) -> dict[str, Any]:
        goals = {"Goals": self._goals, "AttributionModels": [self._attribution_model]}
        return {
            "SelectionCriteria": {"DateFrom": first.isoformat(), "DateTo": last.isoformat()},
            **(goals if self._goals else {}),
            "FieldNames": mapping.REPORT_FIELDS,
            "OrderBy": [{"Field": name} for name in ("Date", "CampaignId", "AdGroupId")],
            "ReportType": "CUSTOM_REPORT",
            "DateRangeType": "CUSTOM_DATE",
            "Format": "TSV",
            "IncludeVAT": "NO",
            "IncludeDiscount": "NO",
        }

    def _probe_advertiser(self) -> str:
        seen = self._client.advertiser("campaigns")
        return f"advertiser {seen.get('Login')}, its currency is {seen.get('Currency')}"

    def _probe_campaigns(self) -> str:
        pages = list(self._client.campaigns("campaigns"))
        templates = sum(
            bool(mapping.campaign(item, "")["tracking_params"]) for page in pages for item in page
        )
        return f"readable, {sum(map(len, pages))} of them, {templates} with a template of tags"

    def _probe_reports(self) -> str:
        yesterday = self._now.astimezone(self._zone).date() - ONE_DAY
        rows = self._client.report("ad_performance", self._asked(yesterday, yesterday))
        return "readable" if rows else "readable, and nothing was shown yesterday"
