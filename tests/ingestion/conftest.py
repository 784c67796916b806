"""A far end of the wire for tests of ingestion: a real HTTP server on loopback that answers as
told.

What belongs here: the smallest amoCRM a test can bend (the whole one lives in `demo/`), and the
settings of a run against the test Postgres. What does not: assertions.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
import pytest

from demo.world import World, build_world
from ingestion import pipeline
from ingestion.catalog import (
    Checkpoint,
    Gone,
    OpenSource,
    Piece,
    RunContext,
    State,
    Unchanged,
)
from ingestion.pipeline import RunResult, run_source
from ingestion.settings import Settings
from ingestion.sources.amocrm import open_amocrm
from tests.ingestion import bitrix24_portal, exchanges
from tests.ingestion.bitrix24_portal import Portal
from tests.ingestion.onec_base import AS_OF, OneCBase, serving
from tests.ingestion.toy import Toy

Item = dict[str, Any]
TOKEN = "aaa.bbb.ccc"
AMO_NOW = 1_775_865_600  # 2026-04-11 00:00 UTC


@dataclass(frozen=True)
class Answer:
    """What goes over the wire; `cut` announces more bytes than it sends."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    cut: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


@dataclass(frozen=True)
class Asked:
    path: str
    query: Mapping[str, str]
    authorization: str
    pairs: tuple[tuple[str, str], ...] = ()

    def all_of(self, name: str) -> list[str]:
        """Every value of a parameter that may be repeated."""
        return [value for given, value in self.pairs if given == name]


@dataclass
class Web:
    """The server. `answer` may be replaced by a test; `asked` remembers every request."""

    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@dataclass
class AmoFake:
    """amoCRM with the lists a test puts in: `lists["leads"] = [...]`. Ranges include both ends.

    What a test puts into `refused` (a path and the answer to give) is not there. Rows that lie in
    `lists["deleted_leads"]` are shown `with=only_deleted`; links are those of `lists["links"]`.
    """

    lists: dict[str, list[Item]] = field(default_factory=dict)
    account: Item = field(default_factory=lambda: {"id": 1, "name": "Тест", "subdomain": "test"})
    refused: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answer:
        if asked.authorization != f"Bearer {TOKEN}":
            return as_json({"title": "Unauthorized", "status": 401}, 401)
        path = asked.path.removeprefix("/amocrm/api/v4/")
        if path in self.refused:
            return self.refused[path]
        if path == "account":
            return as_json(self.account)
        key = "deleted_leads" if asked.query.get("with") == "only_deleted" else path
        key = "links" if path == "leads/links" else key
        rows = [row for row in self.lists.get(key, []) if _is_chosen(row, asked)]
        for name in ("updated_at", "id"):
            if order := asked.query.get(f"order[{name}]"):
                rows.sort(key=lambda row: row[name], reverse=order == "desc")
        limit, page = int(asked.query.get("limit", 250)), int(asked.query.get("page", 1))
        shown = rows[(page - 1) * limit : page * limit]
        if not shown:
            return Answer(204)
        links = {"next": {"href": "-"}} if page * limit < len(rows) else {}
        return as_json({"_links": links, "_embedded": {path.rsplit("/", 1)[-1]: shown}})


def _is_chosen(row: Item, asked: Asked) -> bool:
    for name in ("updated_at", "created_at"):
        first = asked.query.get(f"filter[{name}][from]")
        last = asked.query.get(f"filter[{name}][to]")
        if first is not None and row[name] < int(first):
            return False
        if last is not None and row[name] > int(last):
            return False
    types = asked.query.get("filter[type]")
    if types is not None and row["type"] not in types.split(","):
        return False
    for name in ("id", "entity_id"):
        if (chosen := asked.all_of(f"filter[{name}][]")) and str(row[name]) not in chosen:
            return False
    return True


class _Handler(BaseHTTPRequestHandler):
    web: Web
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        pairs = tuple(parse_qsl(address.query, keep_blank_values=True))
        asked = Asked(
            unquote(address.path), dict(pairs), self.headers.get("Authorization", ""), pairs
        )
        self.web.asked.append(asked)
        answer = self.web.answer(asked)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + (100 if answer.cut else 0)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
        if answer.cut:
            self.close_connection = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Asked], Answer]], Web]]:
    """Starts servers on free loopback ports; all are stopped after the test."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[Asked], Answer]) -> Web:
        web = Web(answer)
        server = ThreadingHTTPServer(
            ("127.0.0.1", 0),
            type("Handler", (_Handler,), {"web": web, "protocol_version": "HTTP/1.1"}),
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        web.url = f"http://127.0.0.1:{server.server_port}"
        return web

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


class TestPostgres(Protocol):
    """What tests/conftest.py yields: connection strings by role."""

    def url(self, role: str) -> str: ...


@dataclass(frozen=True)
class Bench:
    """Settings of runs against the test warehouse, and a look into it."""

    loader_url: str
    var_dir: Path

    def env(self, **variables: str) -> dict[str, str]:
        return {
            "WAREHOUSE_LOADER_URL": self.loader_url,
            "WAREHOUSE_PREFIX": "t_",
            "VAR_DIR": str(self.var_dir),
            **variables,
        }

    def settings(self, **variables: str) -> Settings:
        return Settings.from_env(self.env(**variables))

    def amocrm(self, web: Web, **variables: str) -> dict[str, str]:
        return {
            "AMOCRM_BASE_URL": f"{web.url}/amocrm",
            "AMOCRM_TOKEN": TOKEN,
            "AMOCRM_REQUESTS_PER_SECOND": "1000",
            **variables,
        }

    def run(self, source: str, variables: Mapping[str, str], **how: Any) -> RunResult:
        return run_source(source, self.settings(**variables), **how)

    def connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.loader_url)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def bench(clean_warehouse: TestPostgres, tmp_path: Path) -> Bench:
    """Schemas carry the prefix t_ and are dropped after the test by clean_warehouse."""
    return Bench(clean_warehouse.url("loader"), tmp_path / "var")


@pytest.fixture
def amo() -> AmoFake:
    return AmoFake()


class Collected:
    """What one reader yielded: rows as dicts, keys told to be gone, checkpoints in order."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.rows: list[Item] = []
        self.gone: list[tuple[Any, ...]] = []
        self.states: list[dict[str, Any]] = []
        self.is_unchanged = False
        for piece in pieces:
            if isinstance(piece, Checkpoint):
                self.states.append(dict(piece.state))
            elif isinstance(piece, Gone):
                self.gone.extend(piece.keys)
            elif isinstance(piece, Unchanged):
                self.is_unchanged = True
            else:
                self.rows.extend(piece.to_pylist())

    @property
    def ids(self) -> list[Any]:
        return [row["id"] for row in self.rows]


@pytest.fixture
def collect() -> Callable[[Iterable[Piece]], Collected]:
    """Looks at what one reader yields."""
    return Collected


Opened = Callable[..., tuple[Web, OpenSource]]


@pytest.fixture
def account(serve: Callable[[Callable[[Asked], Answer]], Web], tmp_path: Path) -> Iterator[Opened]:
    """Opens the amoCRM that `answer` plays, at the moment `now`, without a warehouse."""
    with ExitStack() as stack:

        def opened(answer: Callable[[Asked], Answer], now: int = AMO_NOW) -> tuple[Web, OpenSource]:
            web = serve(answer)
            context = RunContext(
                now=datetime.fromtimestamp(now, UTC),
                business_timezone="Europe/Moscow",
                held=lambda *asked, **how: [],
                secrets_dir=tmp_path,
                monotonic=time.monotonic,
                sleep=lambda seconds: None,
            )
            values = {
                "AMOCRM_BASE_URL": f"{web.url}/amocrm",
                "AMOCRM_TOKEN": TOKEN,
                "AMOCRM_ACCOUNT": "main",
                "AMOCRM_REQUESTS_PER_SECOND": "100000",
            }
            return web, stack.enter_context(open_amocrm(values, context))

        yield opened


@pytest.fixture
def read(account: Opened) -> Callable[..., Collected]:
    """Reads one table of the amoCRM that `answer` plays."""

    def run(
        answer: Callable[[Asked], Answer],
        table: str,
        state: State | None = None,
        now: int = AMO_NOW,
    ) -> Collected:
        _, opened = account(answer, now)
        return Collected(opened.readers[table]({} if state is None else state))

    return run


OpenBase = Callable[..., OneCBase]


@pytest.fixture(scope="session")
def small_company() -> World:
    return build_world(seed=3, months=3, scale=0.2, as_of=AS_OF)


@pytest.fixture
def onec(small_company: World, loopback: Any) -> Iterator[OpenBase]:
    """Serves the 1C of a small company of the test's own: `onec()`, `onec("trade_11")`."""
    with ExitStack() as stack:
        world = deepcopy(small_company)
        yield lambda configuration="accounting_3": stack.enter_context(
            serving(loopback, world, configuration)
        )


@pytest.fixture
def exchange(
    small_company: World, loopback: Any, tmp_path: Path
) -> Iterator[Callable[..., exchanges.Exchange]]:
    """Serves a telephone exchange of a small company of the test's own: `exchange("mango")`."""
    with ExitStack() as stack:
        world = deepcopy(small_company)
        yield lambda name, **settings: stack.enter_context(
            exchanges.serving(loopback, world, name, tmp_path, **settings)
        )


@pytest.fixture
def portal(small_company: World, loopback: Any) -> Iterator[Portal]:
    """The Bitrix24 portal of a small company of the test's own."""
    with bitrix24_portal.serving(loopback, deepcopy(small_company)) as served:
        yield served


@pytest.fixture
def fixtures() -> Path:
    """Recorded answers of the vendors; they never ship with the product."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "api_fixtures"
    if not folder.is_dir():
        pytest.skip("recorded answers (shared/data/api_fixtures) are not on this machine")
    return folder


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Makes one raw answer: `answer(b"{}", status=200, cut=False)`."""

    def make(
        body: bytes,
        *,
        status: int = 200,
        cut: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return Answer(status, body, cut=cut, headers=headers or {})

    return make


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A source made of lists, in the place of all others."""
    toy = Toy()
    monkeypatch.setattr(pipeline, "SOURCES", (toy.spec(),))
    return toy


@pytest.fixture
def run(bench: Bench) -> Callable[..., RunResult]:
    """Runs the toy."""

    def run(**variables: str) -> RunResult:
        full_refresh = bool(variables.pop("full_refresh", False))
        settings = bench.settings(TOY_URL="here", **variables)
        return run_source("toy", settings, full_refresh=full_refresh)

    return run
