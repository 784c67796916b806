"""The demo company's telephone exchanges and its ads' cabinet over real HTTP, for tests of sources
with limits of minutes. Assertions do not belong here.

Time stands still and moves when the client sleeps, so that limits of minutes cost no minutes; in a
whole run (`land`), whose clock is its own, it is the real one.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import pbx
from demo.happen import happen
from demo.server import Hosted, create_app
from demo.settings import ServerSettings
from demo.world import World
from ingestion.catalog import OpenSource, RunContext
from ingestion.pipeline import RunResult
from ingestion.sources.mango import MANGO
from ingestion.sources.yandex_direct import DIRECT
from ingestion.sources.zadarma import ZADARMA
from tests.ingestion.desk import ask_desk

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
SPECS = {"zadarma": ZADARMA, "mango": MANGO, "yandex_direct": DIRECT}
FAST = {
    "zadarma": {"ZADARMA_STATISTICS_PER_MINUTE": "3000"},
    "mango": {"MANGO_REQUESTS_PER_SECOND": "400"},
    "yandex_direct": {"YANDEX_DIRECT_REQUESTS_PER_SECOND": "1000"},
}
KEYS = {
    "zadarma": {"ZADARMA_KEY": "demo-key", "ZADARMA_SECRET": "demo-secret"},
    "mango": {"MANGO_API_KEY": "demo-vpbx", "MANGO_API_SALT": "demo-salt"},
    "yandex_direct": {
        "YANDEX_DIRECT_LOGIN": "optovik-direct",
        "YANDEX_DIRECT_TOKEN": "demo-direct",
        "YANDEX_DIRECT_GOALS": "41001",
    },
}
ROOTS = {
    "zadarma": "/zadarma",
    "mango": "/mango/vpbx",
    "yandex_direct": "/yandex_direct/json/v501",
}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Exchange:
    """`answers` has the moment, the path below the root and the status of every answer."""

    name: str
    world: World
    folder: Path
    clock: Clock
    began: datetime
    url: str = ""
    answers: list[tuple[float, str, int]] = field(default_factory=list)

    @property
    def calls(self) -> list[pbx.Call]:
        return pbx.calls(self.world.store, self.name)

    @property
    def shown(self) -> list[pbx.Call]:
        """The calls that are over by now."""
        now = self.began.timestamp() + self.clock.now
        return [call for call in self.calls if call.ends_at <= now]

    def moments(self, path: str) -> list[float]:
        """When what begins with `path` was answered."""
        return [moment for moment, asked, _ in self.answers if asked.startswith(path)]

    def variables(self, **more: str) -> dict[str, str]:
        address = {f"{self.name.upper()}_BASE_URL": self.url + ROOTS[self.name]}
        return {**KEYS[self.name], **address, **more}

    @contextmanager
    def opened(self, now: datetime = AS_OF, **more: str) -> Iterator[OpenSource]:
        """The source at `now`, without a warehouse, in the exchange's own time."""
        context = RunContext(
            now=now,
            business_timezone="Europe/Moscow",
            held=lambda *asked, **how: [],
            secrets_dir=self.folder,
            monotonic=self.clock,
            sleep=self.clock.sleep,
        )
        spec = SPECS[self.name]
        defaults = {one.name: one.default for one in spec.variables if one.default is not None}
        with spec.open({**defaults, **self.variables(**more)}, context) as source:
            yield source

    def break_down(self, path: str, kind: str, **more: Any) -> None:
        """Switches a fault on for requests below the root that begin with `path`."""
        ask_desk(self.url, "faults", {"path": f"{ROOTS[self.name]}/{path}", "kind": kind, **more})

    def happen(self, name: str) -> Mapping[str, Any]:
        done: dict[str, Any] = ask_desk(self.url, "happen", {"name": name})
        return done

    async def _recording(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(ROOTS[self.name]).strip("/")

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and not path.startswith("demo/"):
                self.answers.append((self.clock.now, path, message["status"]))
            await send(message)

        await app(scope, receive, note)


@contextmanager
def serving(
    loopback: Any,
    world: World,
    name: str,
    folder: Path,
    *,
    is_real_time: bool = False,
    now: datetime = AS_OF,
    **settings: Any,
) -> Iterator[Exchange]:
    """An exchange on a port of its own at the moment `now`, with the vendor's limits unless the
    time is real.
    """
    clock = Clock()
    exchange = Exchange(name, world, folder, clock, now)
    hosted = Hosted(world.store, lambda: {}, partial(happen, world), now)
    haste = 1000 if is_real_time else 1
    given = ServerSettings(**{"haste": haste, **settings})
    app = create_app(hosted, given, clock=time.monotonic if is_real_time else clock)
    with loopback(partial(exchange._recording, app)) as exchange.url:
        yield exchange


def land(bench: Any, exchange: Exchange, *, now: datetime = AS_OF, **how: Any) -> RunResult:
    """One run at `now`. Variables of the source are those of `how` that are spelt in capitals."""
    given = {name: how.pop(name) for name in list(how) if name.isupper()}
    variables = exchange.variables(**FAST[exchange.name], **given)
    done: RunResult = bench.run(exchange.name, variables, clock=lambda: now, **how)
    return done
