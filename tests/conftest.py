"""Fixtures every package's tests may use. Anything only one package needs stays in its folder."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psycopg
import pytest
import uvicorn
from psycopg import sql
from starlette.types import ASGIApp, Receive, Scope, Send

from warehouse import service
from warehouse.connections import Connections
from warehouse.settings import Settings

# What bootstrap makes: everything else in the database was left by a test.
BOOTSTRAPPED_SCHEMAS = ("public", "quality", "alerting", "usage")


@dataclass(frozen=True)
class PostgresForTests:
    """An embedded Postgres of the test session's own: data and port apart from any demo."""

    settings: Settings
    connections: Connections

    def url(self, role: str) -> str:
        """The connection string of admin, loader, transformer, reader or dagster."""
        return self.connections.url(role)

    @property
    def env(self) -> dict[str, str]:
        """The variables `python -m warehouse env` prints."""
        return self.connections.environment()


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in a hook of the same name
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One process takes a whole file, and one takes all files that share the demo company."""
    sharing = {item.path for item in items if "demo_company" in getattr(item, "fixturenames", ())}
    for item in items:
        file = str(item.path.relative_to(config.rootpath))
        item.add_marker(pytest.mark.xdist_group("demo_company" if item.path in sharing else file))


def wait_for_no_disk(connections: Connections) -> None:
    """Half of the tests' time was waiting for the disk; their data need not outlive a power cut."""
    with psycopg.connect(connections.url("admin"), autocommit=True) as admin:
        admin.execute("alter system set fsync = off")
        admin.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresForTests]:
    settings = Settings(var_dir=tmp_path_factory.mktemp("postgres"))
    connections = service.up(settings)
    wait_for_no_disk(connections)
    yield PostgresForTests(settings, connections)
    service.down(settings)


@pytest.fixture
def clean_warehouse(postgres: PostgresForTests) -> Iterator[PostgresForTests]:
    """The same server, with every schema a test made dropped again after it."""
    yield postgres
    _drop_leftovers(postgres)


def _drop_leftovers(postgres: PostgresForTests) -> None:
    with psycopg.connect(postgres.url("admin"), autocommit=True) as admin:
        rows = admin.execute(
            """
            select nspname from pg_namespace
            where nspname not like 'pg\\_%%' and nspname <> 'information_schema'
              and nspname <> all (%s)
            """,
            [list(BOOTSTRAPPED_SCHEMAS)],
        ).fetchall()
        for (schema,) in rows:
            admin.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        tables = admin.execute(
            """
            select schemaname, tablename from pg_tables
            where schemaname in ('quality', 'alerting', 'public')
            """
        ).fetchall()
        for schema, table in tables:
            admin.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(schema, table)))


class Loopback:
    """A server on a port of its own that answers with whatever application it is given: starting
    one takes a quarter of a second, and most tests need one.
    """

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        quiet = {
            "log_level": "critical",
            "access_log": False,
            "lifespan": "off",
            "interface": "asgi3",
        }
        self._server = uvicorn.Server(uvicorn.Config(self._answer, **quiet))
        sockets = {"sockets": [self._listener]}
        self._thread = threading.Thread(target=self._server.run, kwargs=sockets)
        self._thread.start()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()


@pytest.fixture(scope="session")
def loopback() -> Iterator[Callable[[ASGIApp], AbstractContextManager[str]]]:
    """Serves an application over real HTTP on loopback: `with loopback(app) as base_url`."""
    idle: list[Loopback] = []

    @contextmanager
    def serving(app: ASGIApp) -> Iterator[str]:
        server = idle.pop() if idle else Loopback()
        server.app = app
        try:
            yield server.base_url
        finally:
            idle.append(server)

    yield serving
    for one in idle:
        one.stop()
