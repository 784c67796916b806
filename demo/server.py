"""The demo company on loopback: amoCRM, 1C and a small control desk in one ASGI application.

    /amocrm/api/v4/...               as amoCRM answers
    /onec/odata/standard.odata/...   as 1C answers
    /demo/health|ledger|happen|faults   for tests and demos; no product code calls these

What belongs here: putting the parts together and the control desk. Not: vendor shapes, data.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from demo import amocrm, onec
from demo.faults import BadFaultError, FaultMiddleware, Faults, read_fault
from demo.happen import NothingFitsError
from demo.rate_limit import RateLimiter
from demo.selections import Selections
from demo.settings import ServerSettings

if TYPE_CHECKING:
    from demo.store import Store


@dataclass(frozen=True)
class Hosted:
    """What the server shows of a world.

    `ledger` gives the truth as plain JSON values; `happen(name, now)` makes the named thing happen
    in the store and tells what it did (ValueError for a name it does not know, NothingFitsError
    when the world holds nothing to do it to); `as_of` is the aware instant the world was built
    for: its "now" at start.
    """

    store: Store
    ledger: Callable[[], Any]
    happen: Callable[[str, datetime], dict[str, Any]]
    as_of: datetime


def create_app(
    hosted: Hosted,
    settings: ServerSettings,
    *,
    clock: Callable[[], float] = time.monotonic,
    on_ready: Callable[[], None] | None = None,
) -> Starlette:
    """The whole application. `clock` gives seconds; the world's time runs on from `as_of` by it."""
    selections = Selections()
    faults = Faults()
    limiter = RateLimiter(settings.requests_per_second, clock)
    desk = ControlDesk(hosted, selections, faults, clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if on_ready is not None:
            on_ready()
        yield

    return Starlette(
        routes=[
            *desk.routes(),
            Mount("/amocrm", amocrm.build_app(hosted.store, selections, settings.token, limiter)),
            Mount(
                "/onec",
                onec.build_app(
                    hosted.store, selections, settings.onec_user, settings.onec_password
                ),
            ),
        ],
        middleware=[Middleware(FaultMiddleware, faults=faults)],
        lifespan=lifespan,
    )


class ControlDesk:
    """The routes under /demo: see the truth, make things happen, break things."""

    def __init__(
        self,
        hosted: Hosted,
        selections: Selections,
        faults: Faults,
        clock: Callable[[], float],
    ) -> None:
        self._hosted = hosted
        self._selections = selections
        self._faults = faults
        self._clock = clock
        self._started = clock()

    def routes(self) -> list[Route]:
        return [
            Route("/demo/health", self._health),
            Route("/demo/ledger", self._ledger),
            Route("/demo/happen", self._happen, methods=["POST"]),
            Route("/demo/faults", self._list_faults),
            Route("/demo/faults", self._add_fault, methods=["POST"]),
            Route("/demo/faults", self._clear_faults, methods=["DELETE"]),
        ]

    async def _health(self, request: Request) -> Response:
        store = self._hosted.store
        counts = {name: len(records) for name, records in store.amocrm.items()}
        counts |= {name: len(records) for name, records in store.onec.items()}
        return _json(
            {
                "status": "ok",
                "as_of": self._hosted.as_of.isoformat(),
                "now": self._now().isoformat(),
                "records": counts,
            }
        )

    async def _ledger(self, request: Request) -> Response:
        return _json(self._hosted.ledger())

    async def _happen(self, request: Request) -> Response:
        """`{"name": ..., "at": ISO instant}`; without `at` it happens at the world's now."""
        try:
            name, at = _read_happening(await request.body(), self._now())
        except ValueError as error:
            return _refused(400, str(error))
        try:
            return _json(self._hosted.happen(name, at))
        except NothingFitsError as error:
            return _refused(409, str(error))
        except ValueError as error:
            return _refused(400, str(error))
        finally:
            self._selections.forget()

    async def _list_faults(self, request: Request) -> Response:
        return _json(self._faults.as_json())

    async def _add_fault(self, request: Request) -> Response:
        try:
            self._faults.add(read_fault(await request.json()))
        except (json.JSONDecodeError, BadFaultError) as error:
            return _refused(400, str(error))
        return _json(self._faults.as_json())

    async def _clear_faults(self, request: Request) -> Response:
        self._faults.clear()
        return _json([])

    def _now(self) -> datetime:
        return self._hosted.as_of + timedelta(seconds=self._clock() - self._started)


def _json(body: Any, status: int = 200) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, media_type="application/json")


def _refused(status: int, why: str) -> Response:
    return _json({"error": why}, status)


def _read_happening(body: bytes, now: datetime) -> tuple[str, datetime]:
    """The name of what shall happen and when; raises ValueError with what to send instead."""
    asked = orjson.loads(body or b"null")
    if not isinstance(asked, dict) or not isinstance(asked.get("name"), str):
        raise ValueError('Send one JSON object, for example {"name": "new_lead"}.')
    at = datetime.fromisoformat(str(asked["at"])) if "at" in asked else now
    if at.tzinfo is None:
        raise ValueError("'at' needs an offset, for example 2026-11-20T12:00:00+03:00.")
    return asked["name"], at
