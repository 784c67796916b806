"""Faults a test can switch on: what a client meets when a source system misbehaves.

A fault applies to paths by prefix, for a number of requests, and stands in front of everything
else (before authorisation and the rate limit), as a broken proxy would. Nothing here knows
amoCRM or 1C.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = ("html", "status", "cut", "delay", "empty204")
CONTROL_PREFIX = "/demo"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "path": str,
    "kind": str,
    "status": int,
    "times": int,
    "skip": int,
    "seconds": (int, float),
    "body": dict,
    "exact": bool,
}
LOGIN_PAGE = "<!DOCTYPE html><html><body><form>Войдите в аккаунт</form></body></html>"


class BadFaultError(Exception):
    """The description of a fault makes no sense; the message says what to change."""


@dataclass
class Fault:
    """One switched-on fault.

    `skip` requests pass untouched first (to break the second page, not the first); then the fault
    strikes `times` requests, 0 meaning every one; `exact` compares the whole path. `body` is the
    JSON object a "status" fault answers with, `seconds` how long a "delay" lasts.
    """

    path: str
    kind: str
    status: int = 503
    times: int = 1
    skip: int = 0
    seconds: float = 1.0
    exact: bool = False
    body: dict[str, Any] | None = None

    def concerns(self, path: str) -> bool:
        return path == self.path if self.exact else path.startswith(self.path)


def read_fault(described: Any) -> Fault:
    """A fault from the JSON object of `POST /demo/faults`; raises BadFaultError."""
    if not isinstance(described, Mapping):
        raise BadFaultError('Send one JSON object, for example {"path": "/onec", "kind": "html"}.')
    for name, value in described.items():
        if name not in _TYPES:
            raise BadFaultError(f"Unknown key {name!r}; known are {', '.join(_TYPES)}.")
        if not isinstance(value, _TYPES[name]):
            raise BadFaultError(f"Key {name!r} has a value of the wrong type.")
    if described.get("kind") not in KINDS:
        raise BadFaultError(f"'kind' must be one of {', '.join(KINDS)}.")
    path = str(described.get("path", ""))
    if not path.startswith("/") or path.startswith(CONTROL_PREFIX):
        raise BadFaultError("'path' must start with / and lie outside /demo.")
    return Fault(**described)


class Faults:
    """The switched-on faults, in the order they were added."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def clear(self) -> None:
        self._active.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._active]

    def strike(self, path: str) -> Fault | None:
        """The fault this request suffers, if any; counts it down."""
        fault = next((one for one in self._active if one.concerns(path)), None)
        if fault is None:
            return None
        if fault.skip:
            fault.skip -= 1
            return None
        if fault.times:
            fault.times -= 1
            if not fault.times:
                self._active.remove(fault)
        return fault


class FaultMiddleware:
    """Applies the faults to every HTTP request outside /demo."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        fault = self._faults.strike(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "cut":
            await self._app(scope, receive, _half_of(send))
        else:
            await _answer_of(fault)(scope, receive, send)


def _answer_of(fault: Fault) -> Response:
    if fault.kind == "html":
        return HTMLResponse(LOGIN_PAGE)
    if fault.kind == "empty204":
        return Response(status_code=204)
    body = fault.body or {"title": "Planted fault", "status": fault.status}
    return JSONResponse(body, fault.status)


def _half_of(send: Send) -> Send:
    """Send the true headers and half the body, and never finish.

    The server then closes the connection (and logs that the answer stayed incomplete), and the
    client holds fewer bytes than Content-Length promised.
    """

    async def send_half(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return send_half
