"""Questions to Direct's API: lists by page, reports by asking until they are ready.

A report that takes longer is queued (201), made (202) and then kept for hours under its name: the
same name with the same request fetches it. So a name is made of what is asked and the hour: a
killed run asks for the report that is under way already, and the next hour for a fresh one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
import orjson

from ingestion.errors import SourceError
from ingestion.http import AnswerRefusedError, ApiClient, Refusal, exact_json
from ingestion.sources.yandex_direct.refusals import (
    BUSY,
    FAILING,
    code_of,
    of_code,
    of_waiting,
)
from ingestion.sources.yandex_direct.tsv import Cells, read_report

PAGE = 10_000
STATES = ("ARCHIVED", "CONVERTED", "ENDED", "OFF", "ON", "SUSPENDED")
CAMPAIGN_FIELDS = (
    "Id",
    "Name",
    "Type",
    "State",
    "Status",
    "StartDate",
    "EndDate",
    "Currency",
    "TimeZone",
)
HEADERS = {
    "Accept-Language": "en",
    "Content-Type": "application/json; charset=utf-8",
    "processingMode": "auto",
    "returnMoneyInMicros": "false",
    "skipReportHeader": "true",
    "skipColumnHeader": "false",
    "skipReportSummary": "false",
}
DEFAULT_PAUSE_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 1800.0
"""A report, or a turn, that does not come in so long is left to the next run."""
FAILURES_FORGIVEN = 5

_ANSWERED = (
    httpx.codes.OK,
    httpx.codes.CREATED,
    httpx.codes.ACCEPTED,
    httpx.codes.BAD_REQUEST,
)
Items = list[dict[str, Any]]


class DirectClient:
    """One advertiser. `now` is the run's, in any zone."""

    def __init__(self, api: ApiClient, sleep: Callable[[float], None], now: datetime) -> None:
        self._api = api
        self._sleep = sleep
        self._now = now

    def advertiser(self, table: str) -> dict[str, Any]:
        """The advertiser's login and currency."""
        asked = {"FieldNames": ["Login", "ClientId", "Currency"]}
        clients = self._result(table, "clients", asked).get("Clients") or [{}]
        advertiser: dict[str, Any] = clients[0]
        return advertiser

    def campaigns(self, table: str) -> Iterator[Items]:
        """All campaigns, archived ones too, with their templates of tags, by page."""
        offset: int | None = 0
        while offset is not None:
            result = self._result(
                table,
                "campaigns",
                {
                    "SelectionCriteria": {"States": STATES},
                    "FieldNames": CAMPAIGN_FIELDS,
                    "TextCampaignFieldNames": ["TrackingParams"],
                    "UnifiedCampaignFieldNames": ["TrackingParams"],
                    "Page": {"Limit": PAGE, "Offset": offset},
                },
            )
            yield result.get("Campaigns") or []
            offset = result.get("LimitedBy")

    def report(self, table: str, asked: Mapping[str, Any]) -> list[Cells]:
        """The rows of the report that `asked` describes (a ReportDefinition without its name)."""
        response = self._answer(
            table, "reports", {"params": {**asked, "ReportName": self._name(asked)}}
        )
        try:
            report = read_report(response.text)
        except ValueError:
            raise _no_answer(table, "reports", "a report") from None
        if report.total != len(report.rows):
            raise SourceError(
                "yandex_direct",
                table,
                f"the report has {len(report.rows)} rows and says that it has {report.total} "
                "(/reports)",
                "Nothing of this run was loaded; run again, and if it repeats look at the proxy in "
                "between",
            )
        return report.rows

    def _name(self, asked: Mapping[str, Any]) -> str:
        text = orjson.dumps([asked, f"{self._now:%Y-%m-%d %H}"], option=orjson.OPT_SORT_KEYS)
        return f"warehouse-{hashlib.sha256(text).hexdigest()[:24]}"

    def _result(self, table: str, service: str, params: Mapping[str, Any]) -> dict[str, Any]:
        response = self._answer(table, service, {"method": "get", "params": params})
        try:
            result = exact_json(response.content)["result"]
        except (ValueError, KeyError, TypeError):
            result = None
        if not isinstance(result, dict):
            raise _no_answer(table, service, "an answer")
        return result

    def _answer(self, table: str, service: str, body: Mapping[str, Any]) -> httpx.Response:
        """The finished answer: asked again while it is made, and while Direct is busy or fails."""
        content = orjson.dumps(body)
        waited, failures = 0.0, 0
        while True:
            response = self._api.post(table, service, content, answered=_ANSWERED)
            code = code_of(response)
            if code is None and response.status_code == httpx.codes.OK:
                return response
            if code is None and response.status_code == httpx.codes.BAD_REQUEST:
                raise _no_answer(table, service, "an answer")
            pause = _pause(response)
            if code in FAILING:
                failures += 1
                pause = float(2**failures)
            elif code is not None and code not in BUSY:
                raise _refused(table, service, of_code(code), response)
            if failures == FAILURES_FORGIVEN or waited + pause > LONGEST_WAIT_SECONDS:
                raise _gave_up(table, service, response)
            waited += pause
            self._sleep(pause)


def _pause(response: httpx.Response) -> float:
    """Seconds that Direct asks us to wait."""
    asked = response.headers.get("retryIn", "")
    return float(asked) if asked.isdecimal() else DEFAULT_PAUSE_SECONDS


def _gave_up(table: str, service: str, response: httpx.Response) -> SourceError:
    code = code_of(response)
    if code is not None:
        return _refused(table, service, of_waiting(code), response)
    minutes = LONGEST_WAIT_SECONDS / 60
    return _refused(
        table,
        service,
        Refusal(
            f"the report was not ready after {minutes:.0f} minutes",
            "Run again later: within the hour the same report is asked for, not another one",
        ),
        response,
    )


def _refused(
    table: str, service: str, refusal: Refusal, response: httpx.Response
) -> AnswerRefusedError:
    request_id = response.headers.get("RequestId", "")
    place = f"/{service}, request {request_id}" if request_id.isalnum() else f"/{service}"
    return AnswerRefusedError(
        "yandex_direct",
        table,
        f"{refusal.what} ({place})",
        refusal.what_to_do,
        response.status_code,
    )


def _no_answer(table: str, service: str, what: str) -> SourceError:
    return SourceError(
        "yandex_direct",
        table,
        f"what came is not {what} of Direct (/{service})",
        "Check that YANDEX_DIRECT_BASE_URL is the API's address, not a login page's or a proxy's",
    )
