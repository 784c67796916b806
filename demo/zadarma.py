"""Zadarma's API v1 as the retail department's exchange answers it: calls, extensions, time zone.

Shapes, limits and the signature follow the vendor's OpenAPI file and its own clients; the words of
its errors are not documented and are invented. Does not belong here: which calls there are (`pbx`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.moscow import OFFSET, local_instant, local_text, written_instant
from demo.pbx import LINES, RECORDED_AFTER_SECONDS, Call, Leg, calls, extension, people
from demo.pbx_limits import Quota
from demo.wire import Wire

PAGE = 1000
PBX_ID = 4321
_ZONE = f"UTC+{OFFSET // 3600}"

Endpoint = Callable[[Request], Awaitable[Response]]


class Zadarma:
    """The routes under /v1."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._requests = Quota(100 * wire.settings.haste, 60, wire.clock)
        self._statistics = Quota(3 * wire.settings.haste, 60, wire.clock)

    def app(self) -> Starlette:
        endpoints: dict[str, Endpoint] = {
            "/v1/statistics/pbx": self._calls,
            "/v1/pbx/internal": self._extensions,
            "/v1/info/timezone": self._timezone,
        }
        return Starlette(
            routes=[
                Route(path + slash, self._guarded(path + slash, endpoint))
                for path, endpoint in endpoints.items()
                for slash in ("", "/")
            ]
        )

    def _guarded(self, path: str, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            query = sorted(request.query_params.multi_items())
            if request.headers.get("authorization") != self._authorization(path, query):
                return _error(401, "Not authorized")
            quotas = [self._requests]
            if path.startswith("/v1/statistics/"):
                quotas.append(self._statistics)
            is_allowed = all(quota.take() for quota in quotas)
            response = await endpoint(request) if is_allowed else _error(429, "Limit exceeded")
            response.headers["X-RateLimit-Limit"] = str(quotas[-1].limit)
            response.headers["X-RateLimit-Remaining"] = str(quotas[-1].left)
            return response

        return answer

    def _authorization(self, path: str, query: list[tuple[str, str]]) -> str:
        text = urlencode(query)
        signed = path + text + hashlib.md5(text.encode()).hexdigest()
        digest = hmac.new(
            self._wire.settings.zadarma_secret.encode(), signed.encode(), hashlib.sha1
        )
        # The vendor's clients encode the digest's hexadecimal text, not its bytes.
        signature = base64.b64encode(digest.hexdigest().encode()).decode()
        return f"{self._wire.settings.zadarma_key}:{signature}"

    async def _timezone(self, request: Request) -> Response:
        now = int(self._wire.now())
        return JSONResponse(
            {"status": "success", "unixtime": now, "datetime": _text(now), "timezone": _ZONE}
        )

    async def _extensions(self, request: Request) -> Response:
        numbers = [int(extension(one.id)) for one in people("zadarma")]
        return JSONResponse({"status": "success", "pbx_id": PBX_ID, "numbers": numbers})

    async def _calls(self, request: Request) -> Response:
        asked = request.query_params
        try:
            start, end = _bound(asked["start"]), _bound(asked["end"])
            skip, limit = int(asked.get("skip", 0)), min(int(asked.get("limit", PAGE)), PAGE)
            direction = {"in": "in", "out": "out", None: None}[asked.get("call_type")]
        except (KeyError, ValueError):
            return _error(400, "Wrong parameters")
        if asked.get("version") != "2":
            return _error(400, "Wrong parameters")  # the older format is not played here
        if end > _a_month_after(start):
            return _error(400, "The period must not exceed one month")
        now = int(self._wire.now())
        rows = [
            _row(call, leg, place, now)
            for call in self._wire.selections.get(
                "zadarma", lambda: calls(self._wire.store, "zadarma")
            )
            if start <= call.starts_at <= end and call.ends_at <= now
            if direction in (None, call.direction)
            for place, leg in enumerate(call.legs)
        ]
        return JSONResponse(
            {
                "status": "success",
                "start": asked["start"],
                "end": asked["end"],
                "version": 2,
                "stats": rows[skip : skip + limit],
            }
        )


def _row(call: Call, leg: Leg, place: int, now: int) -> dict[str, Any]:
    """A leg: of an incoming call from the caller to an extension, of an outgoing one from our line
    to the number that was dialled.
    """
    number, ours = int(extension(leg.user_id)), LINES["zadarma"]
    is_in = call.direction == "in"
    return {
        "call_id": float(f"{leg.starts_at}.{int(call.id[:4], 16) % 9000 + 1000}{place + 1}"),
        "sip": number,
        "callstart": _text(leg.starts_at),
        "clid": call.number if is_in else ours,
        "destination": number if is_in else call.number,
        "disposition": _disposition(call, leg),
        "seconds": leg.talk,
        "is_recorded": leg.talk > 0 and leg.ends_at + RECORDED_AFTER_SECONDS <= now,
        "pbx_call_id": f"{call.direction}_{call.id}",
    }


def _disposition(call: Call, leg: Leg) -> str:
    if leg.talk:
        return "answered"
    waited = leg.ends_at - leg.starts_at
    if call.direction == "out":
        return "busy" if waited % 3 == 0 else "no answer"
    return "cancel" if waited < 12 else "no answer"


def _text(at: int) -> str:
    return local_text(at).replace("T", " ")


def _bound(text: str) -> int:
    """The instant of `2026-02-01 10:00:00`; raises ValueError for any other writing."""
    return written_instant(text, "%Y-%m-%d %H:%M:%S")


def _a_month_after(start: int) -> int:
    """The same day and time of the next month, or that month's last day."""
    text = local_text(start)
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    while True:
        try:
            return local_instant(f"{year:04d}-{month:02d}-{day:02d}{text[10:]}")
        except ValueError:
            day -= 1


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"status": "error", "message": message}, status)
