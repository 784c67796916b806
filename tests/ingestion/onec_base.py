"""The demo company's 1C over real HTTP, for tests of the source: a small company's books, which a
test may edit under the client's eyes. Assertions do not belong here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from demo.happen import happen
from demo.onec_exchange import EXCHANGE_PLAN, WAREHOUSE_KEY
from demo.server import Hosted, create_app
from demo.settings import ServerSettings
from demo.world import World
from ingestion.pipeline import RunResult
from tests.ingestion.desk import ask_desk

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
ROOT = "/onec/odata/standard.odata"
NODE = f"{EXCHANGE_PLAN}(guid'{WAREHOUSE_KEY}')"


@dataclass
class OneCBase:
    """`asked` has the path below the root and the options of every request for data, `queries` what
    of them went over the wire.
    """

    world: World
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    def variables(self, **more: str) -> dict[str, str]:
        return {
            "ONEC_BASE_URL": self.url + ROOT,
            "ONEC_USER": "demo",
            "ONEC_PASSWORD": "demo",
            "ONEC_TIMEZONE": "Europe/Moscow",
            "ONEC_REQUESTS_PER_SECOND": "10000",
            **more,
        }

    def records(self, entity: str) -> dict[str, dict[str, Any]]:
        """The books' own records of an entity of БП, by reference; whoever edits them says so to
        `changed`.
        """
        return self.world.store.onec[entity]

    def changed(self) -> None:
        self.switch(errors_as_xml=False)

    def switch(self, **asked: Any) -> None:
        """Turns a switch of the base: `errors_as_xml`, `is_limited`, `refusals`."""
        ask_desk(self.url, "infobase", asked)

    def break_down(self, path: str, kind: str, **more: Any) -> None:
        """Switches a fault on for requests below the root that begin with `path`."""
        ask_desk(self.url, "faults", {"path": f"{ROOT}/{path}", "kind": kind, **more})

    def happen(self, name: str) -> dict[str, Any]:
        done: dict[str, Any] = ask_desk(self.url, "happen", {"name": name})
        return done

    def asked_of(self, entity: str) -> list[dict[str, str]]:
        """The options of the requests for an entity so far."""
        return [options for path, options in self.asked if path == entity]

    async def _recording(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = unquote(scope.get("path", ""))
        if path.startswith(ROOT):
            query = scope["query_string"].decode("latin-1")
            self.queries.append(query)
            options = parse_qs(query, keep_blank_values=True)
            shown = {name: values[0] for name, values in options.items()}
            self.asked.append((path.removeprefix(ROOT).strip("/"), shown))
        await app(scope, receive, send)


@contextmanager
def serving(loopback: Any, world: World, configuration: str) -> Iterator[OneCBase]:
    """The base on a port of its own, of one of the configurations."""
    base = OneCBase(world)
    hosted = Hosted(world.store, lambda: {}, partial(happen, world), world.as_of)
    app = create_app(hosted, ServerSettings(onec_configuration=configuration))
    with loopback(partial(base._recording, app)) as base.url:
        yield base


def land(bench: Any, base: OneCBase, *, now: datetime = AS_OF, **how: Any) -> RunResult:
    """One run at `now`. Variables of the source are those of `how` that are spelt in capitals."""
    variables = {name: how.pop(name) for name in list(how) if name.isupper()}
    done: RunResult = bench.run("onec", base.variables(**variables), clock=lambda: now, **how)
    return done
