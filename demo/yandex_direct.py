"""Yandex Direct's API v5 as an agency's token sees the company's two advertisers in it: campaigns,
the advertiser, and reports that are queued when they take long.

Shapes, limits and codes follow the vendor's documentation; what it does not document is marked.
Does not belong here: which clicks there were (`yandex_direct_ads`), what a report looks like
(`yandex_direct_reports`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import company
from demo.pbx_limits import Quota
from demo.wire import Wire
from demo.yandex_direct_ads import CAMPAIGNS, LOGIN, OTHER_LOGIN, Campaign, clicks
from demo.yandex_direct_reports import (
    Definition,
    Layout,
    WrongReportError,
    lines,
    read_definition,
    text,
    today,
)

BAD_TOKEN, NO_RIGHTS, NO_POINTS, TOO_OFTEN, WRONG, QUEUE_IS_FULL = 53, 54, 152, 56, 8000, 9000
NAME_IS_TAKEN = 4000  # invented: the vendor documents no code
WORDS = {
    BAD_TOKEN: "Authorization error",
    NO_RIGHTS: "No rights",
    NO_POINTS: "Not enough points",
    TOO_OFTEN: "Method request limit exceeded",
    WRONG: "Invalid request",
    NAME_IS_TAKEN: "Invalid parameter value",
    QUEUE_IS_FULL: "Maximum number of reports in the queue",
}
IN_QUEUE = 5
KEPT_SECONDS = 5 * 3600
CALL_COSTS = 11
_DETAILS = {"TEXT_CAMPAIGN": "TextCampaign", "UNIFIED_CAMPAIGN": "UnifiedCampaign"}

Service = Callable[[Request, str, Mapping[str, Any]], Awaitable[Response]]


class DirectError(Exception):
    """Direct refuses; carries its code."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass
class Queued:
    """An offline report; its rows are made when it is ready, and stay as they were then."""

    definition: Definition
    ready_at: float
    rows: list[list[str]] | None = None


class Direct:
    """The routes under /json."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._reports_asked = Quota(20 * wire.settings.haste, 10, wire.clock)
        self._queue: dict[tuple[str, str], Queued] = {}
        self._points = wire.settings.direct_points
        self._requests = 0

    def app(self) -> Starlette:
        services: dict[str, Service] = {
            "reports": self._report,
            "campaigns": self._campaigns,
            "clients": self._clients,
        }
        return Starlette(
            routes=[
                Route(f"/json/{version}/{name}", self._guarded(name, service), methods=["POST"])
                for version in ("v5", "v501")
                for name, service in services.items()
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=500)],
        )

    def _guarded(self, name: str, service: Service) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self._requests += 1
            try:
                response = await service(request, *await self._asked(request))
            except DirectError as error:
                response = self._error(error, 400 if name == "reports" else 200)
            response.headers["RequestId"] = f"{self._requests:019d}"
            return response

        return answer

    async def _asked(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        """The advertiser and the `params`; raises DirectError."""
        if request.headers.get("authorization") != f"Bearer {self._wire.settings.direct_token}":
            raise DirectError(BAD_TOKEN)
        login = request.headers.get("client-login", "")
        if login not in (LOGIN, OTHER_LOGIN):
            raise DirectError(NO_RIGHTS)
        try:
            params = json.loads(await request.body())["params"]
        except (ValueError, KeyError, TypeError):
            raise DirectError(WRONG, "params") from None
        if not isinstance(params, dict):
            raise DirectError(WRONG, "params")
        return login, params

    def _error(self, error: DirectError, status: int) -> Response:
        body = {
            "request_id": f"{self._requests:019d}",
            "error_code": error.code,
            "error_string": WORDS[error.code],
            "error_detail": error.detail,
        }
        return JSONResponse({"error": body}, status)

    # Lists

    async def _campaigns(self, request: Request, login: str, params: Mapping[str, Any]) -> Response:
        states = (params.get("SelectionCriteria") or {}).get("States")
        has_unified = "/v501/" in request.url.path
        items = [
            self._campaign(campaign, params)
            for campaign in CAMPAIGNS
            if campaign.login == login and (has_unified or campaign.type != "UNIFIED_CAMPAIGN")
        ]
        shown = [item for item in items if states is None or item["State"] in states]
        page = params.get("Page") or {}
        limit, offset = int(page.get("Limit", 10_000)), int(page.get("Offset", 0))
        names = [*params.get("FieldNames", ()), *_DETAILS.values()]
        result: dict[str, Any] = {
            "Campaigns": [
                {name: value for name, value in item.items() if name in names}
                for item in shown[offset : offset + limit]
            ]
        }
        if offset + limit < len(shown):
            result["LimitedBy"] = offset + limit
        return self._paid(result)

    def _campaign(self, campaign: Campaign, params: Mapping[str, Any]) -> dict[str, Any]:
        day = today(self._wire.now()).isoformat()
        is_over = campaign.last_day is not None and campaign.last_day < day
        is_archived = campaign.archived_on is not None and campaign.archived_on <= day
        item: dict[str, Any] = {
            "Id": campaign.id,
            "Name": campaign.name,
            "Type": campaign.type,
            "State": "ARCHIVED" if is_archived else "ENDED" if is_over else "ON",
            "Status": "ACCEPTED",
            "StartDate": campaign.first_day,
            "EndDate": campaign.last_day,
            "Currency": company.CURRENCY,
            "TimeZone": company.ZONE,
        }
        details = _DETAILS[campaign.type]
        if "TrackingParams" in params.get(f"{details}FieldNames", ()):
            item[details] = {"TrackingParams": _template(campaign)}
        return item

    async def _clients(self, request: Request, login: str, params: Mapping[str, Any]) -> Response:
        client = {"Login": login, "ClientId": 5500 + len(login), "Currency": company.CURRENCY}
        names = params.get("FieldNames", ())
        shown = {name: value for name, value in client.items() if name in names}
        return self._paid({"Clients": [shown]})

    def _paid(self, result: dict[str, Any]) -> Response:
        """An answer that costs points."""
        if self._points < CALL_COSTS:
            raise DirectError(NO_POINTS)
        self._points -= CALL_COSTS
        units = f"{CALL_COSTS}/{self._points}/{self._wire.settings.direct_points}"
        return JSONResponse({"result": result}, headers={"Units": units})

    # Reports

    async def _report(self, request: Request, login: str, params: Mapping[str, Any]) -> Response:
        if not self._reports_asked.take():
            raise DirectError(TOO_OFTEN)
        try:
            definition = read_definition(params, today(self._wire.now()))
        except WrongReportError as error:
            raise DirectError(WRONG, str(error)) from None
        layout = _layout(request)
        takes = self._wire.settings.direct_ready_after_seconds
        mode = request.headers.get("processingmode", "auto")
        if mode == "online" or (mode == "auto" and not takes):
            return _tsv(definition, self._rows(definition, login), layout)
        return self._offline(definition, login, layout, takes)

    def _offline(
        self, definition: Definition, login: str, layout: Layout, takes: float
    ) -> Response:
        """201, then 202 until it is ready, then the report, for five hours the same."""
        now, key = self._wire.clock(), (login, definition.name)
        self._queue = {
            name: one for name, one in self._queue.items() if now < one.ready_at + KEPT_SECONDS
        }
        queued = self._queue.get(key)
        if queued is None:
            if self._waiting() >= IN_QUEUE:
                raise DirectError(QUEUE_IS_FULL)
            self._queue[key] = queued = Queued(definition, now + takes)
            return self._not_ready(201, queued)
        if queued.definition.asked != definition.asked:
            raise DirectError(NAME_IS_TAKEN, "ReportName")
        if now < queued.ready_at:
            return self._not_ready(202, queued)
        if queued.rows is None:
            queued.rows = self._rows(definition, login)
        return _tsv(definition, queued.rows, layout)

    def _waiting(self) -> int:
        return sum(self._wire.clock() < one.ready_at for one in self._queue.values())

    def _not_ready(self, status: int, queued: Queued) -> Response:
        left = max(1, round(queued.ready_at - self._wire.clock()))
        headers = {"retryIn": str(min(left, 60)), "reportsInQueue": str(self._waiting())}
        return Response(status_code=status, headers=headers)

    def _rows(self, definition: Definition, login: str) -> list[list[str]]:
        now = self._wire.now()
        day = today(now)
        seen = self._wire.selections.get(
            ("yandex_direct", day), lambda: clicks(self._wire.store, int(now) + 86_400)
        )
        return lines(definition, login, seen, now)


def _template(campaign: Campaign) -> str:
    """The tags of its ads' addresses; Direct puts the id in when somebody clicks."""
    content = "&utm_content={campaign_id}" if campaign.type == "TEXT_CAMPAIGN" else ""
    return f"utm_source=yandex&utm_medium=cpc&utm_campaign={campaign.tag}{content}"


def _layout(request: Request) -> Layout:
    def says(name: str, otherwise: str) -> bool:
        return request.headers.get(name, otherwise).lower() == "true"

    return Layout(
        in_micros=says("returnMoneyInMicros", "true"),
        has_title=not says("skipReportHeader", "false"),
        has_columns=not says("skipColumnHeader", "false"),
        has_total=not says("skipReportSummary", "false"),
    )


def _tsv(definition: Definition, rows: list[list[str]], layout: Layout) -> Response:
    body = text(definition, rows, layout)
    return Response(body, media_type="text/tab-separated-values")
