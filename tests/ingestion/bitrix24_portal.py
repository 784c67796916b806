"""The demo company's Bitrix24 over real HTTP, for tests of the source: a small company's portal,
which a test may edit under the client's eyes. Assertions do not belong here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.happen import happen
from demo.server import Hosted, create_app
from demo.settings import ServerSettings
from demo.world import World
from ingestion.catalog import OpenSource, RunContext
from ingestion.pipeline import RunResult
from ingestion.sources.bitrix24 import open_bitrix24
from tests.ingestion.desk import ask_desk

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
REST = "/bitrix24/rest/"
CODE = "demo-webhook"


@dataclass
class Portal:
    """`asked` has the method and the parameters of every request, `answered` the statuses."""

    world: World
    url: str = ""
    clock: float = 1000.0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    def variables(self, **more: str) -> dict[str, str]:
        return {
            "BITRIX24_BASE_URL": f"{self.url}/bitrix24",
            "BITRIX24_WEBHOOK": f"{self.url}/bitrix24/rest/9100/{CODE}/",
            "BITRIX24_REQUESTS_PER_SECOND": "10000",
            **more,
        }

    @property
    def crm(self) -> dict[str, dict[Any, dict[str, Any]]]:
        """The records behind the cards; whoever edits them says so to `switch`."""
        return self.world.store.amocrm

    def switch(self, **asked: Any) -> dict[str, Any]:
        """Turns a switch of the portal: `scopes`, `visible_to`, `has_item_lists`, `expire` …"""
        done: dict[str, Any] = ask_desk(self.url, "portal", asked)
        return done

    def break_down(self, method: str, kind: str, **more: Any) -> None:
        """Switches a fault on for calls of a method through the webhook."""
        fault = {"path": f"{REST}9100/{CODE}/{method}", "kind": kind, **more}
        ask_desk(self.url, "faults", fault)

    def happen(self, name: str) -> dict[str, Any]:
        done: dict[str, Any] = ask_desk(self.url, "happen", {"name": name})
        return done

    def pass_time(self, seconds: float) -> None:
        ask_desk(self.url, "clock", {"forward_seconds": seconds})

    def asked_of(self, method: str) -> list[dict[str, Any]]:
        """The parameters of the calls of a method so far."""
        return [params for name, params in self.asked if name == method]

    async def recording(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            if scope["path"].startswith(REST) and message["type"] == "http.request":
                body = json.loads(message.get("body") or b"{}")
                self.asked.append((scope["path"].rpartition("/")[2], body))
            return message

        async def told(message: Message) -> None:
            if scope["path"].startswith(REST) and message["type"] == "http.response.start":
                self.answered.append(message["status"])
            await send(message)

        await app(scope, heard, told)


@contextmanager
def serving(loopback: Any, world: World, **settings: Any) -> Iterator[Portal]:
    """The portal on a port of its own; its world's time stands still until a test moves it."""
    portal = Portal(world)
    hosted = Hosted(world.store, lambda: {}, partial(happen, world), world.as_of)
    app = create_app(hosted, ServerSettings(**settings), clock=lambda: portal.clock)
    with loopback(partial(portal.recording, app)) as portal.url:
        yield portal


class Time:
    """A clock that moves only when somebody sleeps, and the portal's with it."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.portal.clock += seconds


@contextmanager
def opening(
    portal: Portal, secrets_dir: Path, **variables: str
) -> Iterator[tuple[Time, OpenSource]]:
    """The source opened without a warehouse, at the vendor's rate."""
    time = Time(portal)
    context = RunContext(
        now=AS_OF,
        business_timezone="Europe/Moscow",
        held=lambda *asked, **how: [],
        secrets_dir=secrets_dir,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    values = {
        "BITRIX24_ACCOUNT": "main",
        "BITRIX24_LISTS": "items",
        **portal.variables(BITRIX24_REQUESTS_PER_SECOND="2", **variables),
    }
    with open_bitrix24(values, context) as source:
        yield time, source


def land(bench: Any, portal: Portal, *, now: datetime = AS_OF, **how: Any) -> RunResult:
    """One run at `now`. Variables of the source are those of `how` that are spelt in capitals."""
    variables = {name: how.pop(name) for name in list(how) if name.isupper()}
    done: RunResult = bench.run("bitrix24", portal.variables(**variables), clock=lambda: now, **how)
    return done
