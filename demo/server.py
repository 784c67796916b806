"""The demo company on loopback: amoCRM, Bitrix24, 1C, two telephone exchanges and a small control
desk in one ASGI application.

    /amocrm/api/v4/...               as amoCRM answers
    /amocrm/oauth2/access_token      as amoCRM gives tokens
    /bitrix24/rest/...               as Bitrix24 answers, had the company it instead
    /onec/odata/standard.odata/...   as 1C answers
    /zadarma/v1/...                  as Zadarma answers
    /mango/vpbx/...                  as Mango Office answers
    /yandex_direct/json/...          as Yandex Direct answers
    /demo/health|ledger|happen|faults|account|tokens|infobase|portal|clock
                                     for tests and demos; no product code calls these

What belongs here: putting the parts together and the control desk. Not: vendor shapes, data.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from demo import amocrm, onec
from demo.amocrm_account import Account
from demo.amocrm_tokens import TokenOffice
from demo.amocrm_webhooks import Webhooks
from demo.bitrix24 import Bitrix24
from demo.clock import MovableClock
from demo.faults import BadFaultError, FaultMiddleware, Faults, read_fault
from demo.mango import Mango
from demo.onec_infobase import Switches
from demo.picks import NothingFitsError
from demo.rate_limit import RateLimiter
from demo.selections import Selections
from demo.settings import ServerSettings
from demo.wire import Wire
from demo.yandex_direct import Direct
from demo.zadarma import Zadarma

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
    """The whole application. `clock` gives seconds; the world's time runs on from `as_of` by it,
    and so do the tokens' lives, from the moment it really is: clients read `exp` by their own
    clock.
    """
    selections = Selections()
    faults = Faults()
    movable = MovableClock(clock)
    began, started = time.time(), movable()

    def now() -> float:
        """The world's, in unix seconds."""
        return hosted.as_of.timestamp() + movable() - started

    crm = CrmParts(
        account=Account(customers_mode=settings.customers_mode),
        office=TokenOffice(
            settings.integration, settings.token, lambda: began + movable() - started
        ),
        webhooks=Webhooks(hosted.store, now),
    )
    limiter = RateLimiter(settings.requests_per_second, movable)
    switches = Switches()
    wire = Wire(hosted.store, selections, settings, movable, now)
    bitrix24 = Bitrix24(wire)
    desk = ControlDesk(hosted, selections, faults, movable, crm, switches)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if on_ready is not None:
            on_ready()
        yield

    return Starlette(
        routes=[
            *desk.routes(),
            bitrix24.switch_route(),
            Mount("/bitrix24", bitrix24.app()),
            Mount(
                "/amocrm",
                amocrm.build_app(
                    hosted.store, selections, crm.account, crm.office, crm.webhooks, limiter
                ),
            ),
            Mount(
                "/onec",
                onec.build_app(hosted.store, selections, settings, switches),
            ),
            Mount("/zadarma", Zadarma(wire).app()),
            Mount("/mango", Mango(wire).app()),
            Mount("/yandex_direct", Direct(wire).app()),
        ],
        middleware=[Middleware(FaultMiddleware, faults=faults, happen=desk.make_happen)],
        lifespan=lifespan,
    )


@dataclass(frozen=True)
class CrmParts:
    """What of amoCRM can be changed from the desk."""

    account: Account
    office: TokenOffice
    webhooks: Webhooks


class ControlDesk:
    """The routes under /demo: see the truth, make things happen, break things."""

    def __init__(
        self,
        hosted: Hosted,
        selections: Selections,
        faults: Faults,
        clock: MovableClock,
        crm: CrmParts,
        infobase: Switches,
    ) -> None:
        self._hosted = hosted
        self._selections = selections
        self._faults = faults
        self._clock = clock
        self._started = clock()
        self._crm = crm
        self._infobase = infobase

    def routes(self) -> list[Route]:
        return [
            Route("/demo/health", self._health),
            Route("/demo/ledger", self._ledger),
            Route("/demo/happen", self._happen, methods=["POST"]),
            Route("/demo/faults", self._list_faults),
            Route("/demo/faults", self._add_fault, methods=["POST"]),
            Route("/demo/faults", self._clear_faults, methods=["DELETE"]),
            Route("/demo/account", self._switch_account, methods=["POST"]),
            Route("/demo/infobase", self._switch_infobase, methods=["POST"]),
            Route("/demo/tokens", self._change_tokens, methods=["POST"]),
            Route("/demo/clock", self._move_clock, methods=["POST"]),
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
            return _json(await self._let_happen(name, at))
        except NothingFitsError as error:
            return _refused(409, str(error))
        except ValueError as error:
            return _refused(400, str(error))

    async def make_happen(self, name: str) -> None:
        """The named thing happens at the world's now; ValueError when it cannot."""
        await self._let_happen(name, self._now())

    async def _let_happen(self, name: str, at: datetime) -> dict[str, Any]:
        """What happened; subscribers hear of its events."""
        events = self._hosted.store.amocrm["events"]
        held = len(events)
        try:
            done = self._hosted.happen(name, at)
        finally:
            self._selections.forget()
        await self._crm.webhooks.deliver(list(islice(events.values(), held, None)))
        return done

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

    async def _switch_account(self, request: Request) -> Response:
        """Any of `{"customers_mode", "is_api_filter_enabled", "visible_to"}`; answers all three."""
        try:
            self._crm.account.switch(orjson.loads(await request.body()))
        except ValueError as error:
            return _refused(400, str(error))
        self._selections.forget()
        return _json(self._crm.account.as_json())

    async def _switch_infobase(self, request: Request) -> Response:
        """Any of `{"errors_as_xml", "is_limited", "refusals"}` of 1C; answers all three."""
        try:
            self._infobase.switch(orjson.loads(await request.body()))
        except ValueError as error:
            return _refused(400, str(error))
        self._selections.forget()
        return _json(self._infobase.as_json())

    async def _change_tokens(self, request: Request) -> Response:
        """Any of `{"lifetime_seconds": of tokens issued from now on, "expire": true (the living
        access token), "revoke": true (everything)}`; answers a fresh code for a new pair.
        """
        try:
            asked = orjson.loads(await request.body())
            lifetime = asked.get("lifetime_seconds", self._crm.office.lifetime_seconds)
        except (orjson.JSONDecodeError, AttributeError):
            return _refused(400, "Send one JSON object, {} for a code alone.")
        if not isinstance(lifetime, int) or lifetime < 1:
            return _refused(400, "'lifetime_seconds' is a whole number of 1 or more.")
        self._crm.office.lifetime_seconds = lifetime
        if asked.get("expire"):
            self._crm.office.expire()
        if asked.get("revoke"):
            self._crm.office.revoke()
        return _json({"lifetime_seconds": lifetime, "code": self._crm.office.new_code()})

    async def _move_clock(self, request: Request) -> Response:
        """`{"forward_seconds": number}`; answers the world's now."""
        try:
            self._clock.forward(float(orjson.loads(await request.body())["forward_seconds"]))
        except (KeyError, TypeError, ValueError) as error:
            return _refused(400, f'Send {{"forward_seconds": 3600}}: {error}')
        return _json({"now": self._now().isoformat()})

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
