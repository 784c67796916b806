"""Mango Office's VPBX API as the company's main exchange answers it: signed forms, statistics in
two steps, CSV for the basic one, employees.

Shapes, limits and codes follow the vendor's description of its API 1.9; it forbids a second wrong
request within two minutes, and so does this. Does not belong here: which calls there are (`pbx`),
how a call is spelt (`mango_shapes`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from demo.mango_shapes import by_day, context, csv_line, employee
from demo.moscow import written_instant
from demo.pbx import Call, calls, people
from demo.pbx_limits import Quota
from demo.wire import Wire

OK, WRONG_METHOD, WRONG_SIGN, MISSING, WRONG_FORMAT, WRONG_KEY = 1000, 3101, 3102, 3103, 3104, 3105
LIMITS = (1, 5, 10, 20, 50, 100, 500, 1000, 2000, 5000)
LONGEST_DAYS = 31
PAUSE_SECONDS = 2.0
POLL_SECONDS = 5.0
KEPT_SECONDS = 60.0
FORGIVEN_SECONDS = 120.0
_TOO_MANY = {
    "name": "Service Unavailable",
    "message": "Rate limit exceeded.",
    "code": 0,
    "status": 429,
}

Command = Mapping[str, Any]
Endpoint = Callable[[Command], Awaitable[Response]]


class WrongCommandError(Exception):
    """The request is signed and makes no sense; carries the vendor's code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Job:
    """Statistics somebody asked for; `body` says it once it is ready."""

    ready_at: float
    body: Callable[[], Response]
    polled_at: float = float("-inf")


class Mango:
    """The routes under /vpbx."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._all = Quota(10 * wire.settings.haste, 1, wire.clock)
        pause = PAUSE_SECONDS / wire.settings.haste
        self._statistics = Quota(1, pause, wire.clock)
        self._employees = Quota(1, pause, wire.clock)
        self._jobs: dict[str, Job] = {}
        self._made = 0
        self._wrong_at = self._blocked_until = float("-inf")

    def app(self) -> Starlette:
        endpoints: dict[str, Endpoint] = {
            "/vpbx/stats/calls/request": self._ask_extended,
            "/vpbx/stats/calls/result": self._result,
            "/vpbx/stats/request": self._ask_basic,
            "/vpbx/stats/result": self._result,
            "/vpbx/config/users/request": self._users,
        }
        return Starlette(
            routes=[
                Route(path + slash, self._guarded(endpoint), methods=["GET", "POST"])
                for path, endpoint in endpoints.items()
                for slash in ("", "/")
            ]
        )

    def _guarded(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not self._all.take():
                return JSONResponse(_TOO_MANY, 429)
            if self._wire.clock() < self._blocked_until:
                return Response(status_code=401)
            try:
                return await endpoint(await self._command(request))
            except WrongCommandError as error:
                return self._wrong(error.code)

        return answer

    def _wrong(self, code: int) -> Response:
        """The code; for a second wrong request within two minutes nothing is answered any more."""
        if self._wire.clock() < self._wrong_at + FORGIVEN_SECONDS:
            self._blocked_until = self._wrong_at + FORGIVEN_SECONDS
            return Response(status_code=401)
        self._wrong_at = self._wire.clock()
        return JSONResponse({"result": code})

    async def _command(self, request: Request) -> Command:
        """The signed JSON of the form; raises WrongCommandError."""
        if request.method != "POST":
            raise WrongCommandError(WRONG_METHOD)
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if not {"vpbx_api_key", "sign", "json"} <= form.keys():
            raise WrongCommandError(MISSING)
        if form["vpbx_api_key"] != self._wire.settings.mango_key:
            raise WrongCommandError(WRONG_KEY)
        signed = form["vpbx_api_key"] + form["json"] + self._wire.settings.mango_salt
        if form["sign"] != hashlib.sha256(signed.encode()).hexdigest():
            raise WrongCommandError(WRONG_SIGN)
        try:
            command = json.loads(form["json"])
        except json.JSONDecodeError:
            raise WrongCommandError(WRONG_FORMAT) from None
        if not isinstance(command, dict):
            raise WrongCommandError(WRONG_FORMAT)
        return command

    async def _users(self, command: Command) -> Response:
        if not self._employees.take():
            return JSONResponse(_TOO_MANY, 429)
        has_ids = "general.user_id" in command.get("ext_fields", [])
        return JSONResponse({"users": [employee(one, has_ids) for one in people("mango")]})

    async def _ask_extended(self, command: Command) -> Response:
        if not {"start_date", "end_date", "limit", "offset"} <= command.keys():
            raise WrongCommandError(MISSING)
        try:
            start, end = _moscow(command["start_date"]), _moscow(command["end_date"])
            limit, offset = int(command["limit"]), int(command["offset"])
        except (TypeError, ValueError):
            raise WrongCommandError(WRONG_FORMAT) from None
        if limit not in LIMITS:
            raise WrongCommandError(WRONG_FORMAT)
        now = int(self._wire.now())

        def body() -> Response:
            chosen = self._chosen(start, end, now)[::-1]  # the newest first
            page, dialled = chosen[offset : offset + limit], self._dialled()
            contexts = [context(call, dialled, now) for call in page]
            return JSONResponse({"result": OK, "status": "complete", "data": by_day(contexts)})

        return self._job(start, end, body)

    async def _ask_basic(self, command: Command) -> Response:
        if not {"date_from", "date_to"} <= command.keys():
            raise WrongCommandError(MISSING)
        try:
            start, end = int(command["date_from"]), int(command["date_to"])
            fields = [name.strip() for name in command.get("fields", "").split(",") if name.strip()]
        except (AttributeError, ValueError):
            raise WrongCommandError(WRONG_FORMAT) from None
        now = int(self._wire.now())

        def body() -> Response:
            lines = [csv_line(call, fields, now) for call in self._chosen(start, end, now)]
            return PlainTextResponse("".join(lines), media_type="text/csv")

        return self._job(start, end, body)

    def _job(self, start: int, end: int, body: Callable[[], Response]) -> Response:
        if end - start > timedelta(days=LONGEST_DAYS).total_seconds():
            raise WrongCommandError(WRONG_FORMAT)
        if not self._statistics.take():
            return JSONResponse(_TOO_MANY, 429)
        self._made += 1
        key = hashlib.sha256(f"statistics {self._made}".encode()).hexdigest()[:30]
        self._jobs[key] = Job(
            self._wire.clock() + self._wire.settings.mango_ready_after_seconds, body
        )
        return JSONResponse({"key": key})

    async def _result(self, command: Command) -> Response:
        """204 not yet, 404 no such key (any more), 429 when asked again within five seconds."""
        if "key" not in command:
            raise WrongCommandError(MISSING)
        job, now = self._jobs.get(str(command["key"])), self._wire.clock()
        if job is None or now > job.ready_at + KEPT_SECONDS:
            return Response(status_code=404)
        if now < job.polled_at + POLL_SECONDS / self._wire.settings.haste:
            return JSONResponse(_TOO_MANY, 429)
        job.polled_at = now
        if now < job.ready_at:
            return Response(status_code=204)
        return job.body()

    def _calls(self) -> list[Call]:
        return self._wire.selections.get("mango", lambda: calls(self._wire.store, "mango"))

    def _dialled(self) -> dict[str, list[Call]]:
        """The outgoing calls by number."""

        def by_number() -> dict[str, list[Call]]:
            found: dict[str, list[Call]] = defaultdict(list)
            for call in self._calls():
                if call.direction == "out":
                    found[call.number].append(call)
            return dict(found)

        return self._wire.selections.get("mango dialled", by_number)

    def _chosen(self, start: int, end: int, now: int) -> list[Call]:
        return [
            call for call in self._calls() if start <= call.starts_at <= end and call.ends_at <= now
        ]


def _moscow(text: str) -> int:
    """The instant of `31.10.2026 00:00:00` or `2026-10-31 00:00:00`; ValueError for others."""
    form = "%d.%m.%Y %H:%M:%S" if "." in text else "%Y-%m-%d %H:%M:%S"
    return written_instant(text, form)
