"""Faults a test can switch on: what a client meets when a source system misbehaves.

A fault applies to paths by prefix, for a number of requests, and stands in front of everything
else (before authorisation and the rate limit), as a broken proxy would. Nothing here knows
amoCRM or 1C.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.answer_edits import BECOMES, AnswerEdit

BREAKING = ("html", "status", "cut", "empty204")
"""Kinds that leave the client without its answer: one a request, in the order they were added."""
KINDS = (*BREAKING, "delay", "happen", "field")
CONTROL_PREFIX = "/demo"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "path": str,
    "kind": str,
    "status": int,
    "times": int,
    "skip": int,
    "every": int,
    "above_limit": int,
    "seconds": (int, float),
    "body": dict,
    "exact": bool,
    "happening": str,
    "field": str,
    "becomes": str,
    "value": object,
}
LOGIN_PAGE = "<!DOCTYPE html><html><body><form>Войдите в аккаунт</form></body></html>"

Happen = Callable[[str], Awaitable[None]]
"""Makes the named thing happen in the world; ValueError when it cannot."""


class BadFaultError(Exception):
    """The description of a fault makes no sense; the message says what to change."""


@dataclasses.dataclass
class Fault:
    """One switched-on fault.

    When it strikes: `skip` requests pass untouched first (to break the second page, not the first);
    then every `every`-th one is struck, `times` times, 0 meaning without end; `exact` compares the
    whole path; `above_limit` looks only at requests that ask for more rows (`limit`) than that.

    What it does: "html" a page instead of data (`status` 200 unless given), "status" an error
    (`status` 503 unless given) with the JSON `body`, "cut" half an answer, "empty204" nothing,
    "delay" waits `seconds`, "happen" lets `happening` happen before the request is answered,
    "field" changes `field` of every row: `becomes` text, number, list, null or absent, or `value`.
    """

    path: str
    kind: str
    status: int | None = None
    times: int = 1
    skip: int = 0
    every: int = 1
    above_limit: int | None = None
    seconds: float = 1.0
    exact: bool = False
    body: dict[str, Any] | None = None
    happening: str | None = None
    field: str | None = None
    becomes: str | None = None
    value: Any = None
    met: int = dataclasses.field(default=0, init=False)

    def concerns(self, path: str, limit: int) -> bool:
        if self.above_limit is not None and limit <= self.above_limit:
            return False
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
    if described.get("every", 1) < 1:
        raise BadFaultError("'every' is 1 or more.")
    if described["kind"] == "happen" and "happening" not in described:
        raise BadFaultError("'happening' must name what shall happen.")
    if described["kind"] == "field":
        _check_edit(described)
    return Fault(**described)


def _check_edit(described: Mapping[str, Any]) -> None:
    if "field" not in described or ("becomes" in described) == ("value" in described):
        raise BadFaultError("A 'field' fault needs 'field' and either 'becomes' or 'value'.")
    if described.get("becomes", "text") not in BECOMES:
        raise BadFaultError(f"'becomes' must be one of {', '.join(BECOMES)}.")


class Faults:
    """The switched-on faults, in the order they were added."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def clear(self) -> None:
        self._active.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(fault) for fault in self._active]

    def strike(self, path: str, limit: int = 0) -> list[Fault]:
        """The faults this request suffers; counts them down.

        At most one of the breaking kinds: a later one waits until the earlier is used up.
        """
        struck: list[Fault] = []
        is_broken = False
        for fault in [one for one in self._active if one.concerns(path, limit)]:
            if fault.kind in BREAKING:
                if is_broken:
                    continue
                is_broken = True
            if self._counts(fault):
                struck.append(fault)
        return struck

    def _counts(self, fault: Fault) -> bool:
        """Whether it is this request's turn to be struck by a fault that concerns it."""
        fault.met += 1
        beyond = fault.met - fault.skip
        if beyond < 1 or beyond % fault.every:
            return False
        if fault.times and beyond // fault.every >= fault.times:
            self._active.remove(fault)
        return True


class FaultMiddleware:
    """Applies the faults to every HTTP request outside /demo."""

    def __init__(self, app: ASGIApp, faults: Faults, happen: Happen) -> None:
        self._app = app
        self._faults = faults
        self._happen = happen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        answer: Response | None = None
        for fault in self._faults.strike(scope["path"], _limit_of(scope)):
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "happen":
                try:
                    await self._happen(str(fault.happening))
                except ValueError as error:
                    answer = JSONResponse({"error": f"planted happening: {error}"}, 500)
            elif fault.kind == "cut":
                send = _half_of(send)
            elif fault.kind == "field":
                send = AnswerEdit(send, str(fault.field), fault.becomes, fault.value)
            else:
                answer = _answer_of(fault)
        await (answer or self._app)(scope, receive, send)


def _limit_of(scope: Scope) -> int:
    """How many rows the request asks for; 0 when it does not say."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("limit", ["0"])[-1]
    return int(asked) if asked.isdecimal() else 0


def _answer_of(fault: Fault) -> Response:
    if fault.kind == "html":
        return HTMLResponse(LOGIN_PAGE, fault.status or 200)
    if fault.kind == "empty204":
        return Response(status_code=204)
    status = fault.status or 503
    body = fault.body or {"title": "Planted fault", "status": status}
    return JSONResponse(body, status)


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
