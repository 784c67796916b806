"""The product as its users run it: Postgres, the demo company over HTTP, runs through Dagster."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from demo.apart import Apart, served
from tests.conftest import wait_for_no_disk
from warehouse import service
from warehouse.connections import Connections
from warehouse.settings import Settings

# Their assertions are explained like those of the tests themselves.
pytest.register_assert_rewrite("tests.e2e.ledger_checks")

ROOT = Path(__file__).parents[2]
AS_OF = "2026-11-20T15:00:00+03:00"
# Words that stand nowhere else, so that finding one in a log means a leak.
SECRETS = ("token-known-to-the-demo-alone", "password-known-to-the-demo-alone")
DEMO_SECRETS = ("--token", SECRETS[0], "--onec-password", SECRETS[1])
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Company:
    """A warehouse under `var_dir` with the environment its commands run in."""

    connections: Connections
    environment: dict[str, str]

    @property
    def var_dir(self) -> Path:
        return Path(self.environment["VAR_DIR"])

    def but(self, **changed: str) -> "Company":
        """The same warehouse with other settings."""
        return replace(self, environment={**self.environment, **changed})

    def run(self, *command: str, expect: int = 0) -> str:
        """A command with the project's environment, as the Makefile runs it."""
        return self.script("scripts/run", *command, expect=expect)

    def script(self, *command: str, expect: int = 0) -> str:
        """What it printed; when it ends otherwise than expected, that is the test's message."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == expect, (
            f"{' '.join(command)} ended with {done.returncode}\n{output[-6000:]}"
        )
        return output

    def query(self, statement: str) -> Rows:
        with psycopg.connect(self.connections.url("transformer")) as connection:
            return connection.execute(statement.encode()).fetchall()

    def managers_seen_by(self, login: str, mart: str) -> set[tuple[Any, ...]]:
        """Manager and department of the rows that somebody with that login reads of a mart."""
        with psycopg.connect(self.connections.url("admin")) as admin:
            name = sql.Identifier(login)
            if login != "reader":
                admin.execute(sql.SQL("create role {} login").format(name))
            admin.execute(sql.SQL("set local role {}").format(name))
            statement = sql.SQL("select distinct manager_id, department_name from {}")
            rows = admin.execute(statement.format(sql.Identifier(*mart.split(".")))).fetchall()
            admin.rollback()
            return set(rows)

    def execute(self, statement: str) -> int:
        """Changes the warehouse by hand, as nobody should; rows changed."""
        with psycopg.connect(self.connections.url("transformer")) as connection:
            return connection.execute(statement.encode()).rowcount


@pytest.fixture(scope="session")
def new_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Company]]:
    """Makes a warehouse of its own (data, port, passwords) with the given settings."""
    started: list[Settings] = []

    def make(**environment: str) -> Company:
        settings = Settings(var_dir=tmp_path_factory.mktemp("company"))
        connections = service.up(settings)
        started.append(settings)
        wait_for_no_disk(connections)
        inherited = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        }
        # The developer's own .env is about his company.
        ours = {"VAR_DIR": str(settings.var_dir), "ENV_FILE": os.devnull}
        return Company(connections, {**inherited, **ours, **environment})

    yield make
    for settings in started:
        service.down(settings)


@dataclass(frozen=True)
class DemoServer:
    """The demo company's systems on loopback, and its workbook."""

    apart: Apart
    workbook: Path

    @cached_property
    def environment(self) -> dict[str, str]:
        return self.variables()

    def variables(self, *options: str) -> dict[str, str]:
        """Those that point the sources here, with more options of `demo env`."""
        ours = ("--requests-per-second", "400", "--workbook", str(self.workbook), *DEMO_SECRETS)
        return self.apart.variables(*ours, *options)

    def ledger(self) -> dict[str, Any]:
        return self.apart.ask("/demo/ledger")

    def happen(self, name: str) -> dict[str, Any]:
        return self.apart.happen(name)

    @contextmanager
    def suffering(self, path: str, kind: str, **fault: Any) -> Iterator[None]:
        """Every request to that path meets the fault (demo/faults.py), until the block ends."""
        self.apart.ask("/demo/faults", {"times": 0, **fault, "path": path, "kind": kind})
        try:
            yield
        finally:
            self.apart.ask("/demo/faults", None, "DELETE")


@contextmanager
def serving(folder: Path, *story: str) -> Iterator[DemoServer]:
    """A demo server of the story those options of `demo serve` tell; its log goes to `folder`."""
    workbook = folder / "workbook.xlsx"
    ours = ("--requests-per-second", "500", "--workbook", str(workbook), *DEMO_SECRETS)
    with (folder / "log").open("w") as log, served(*ours, *story, log=log) as apart:
        yield DemoServer(apart, workbook)


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    # `make test-deep` tells other companies' stories, which the same tests must hold for.
    story = os.environ.get("TEST_DEMO_STORY", "--seed 7").split()
    with serving(
        tmp_path_factory.mktemp("demo"), "--months", "25", "--as-of", AS_OF, *story
    ) as server:
        yield server


@pytest.fixture(scope="session")
def demo_company(new_company: Callable[..., Company], demo_server: DemoServer) -> Company:
    """The demo company's warehouse after one refresh through Dagster, as of AS_OF."""
    company = new_company(BUSINESS_NOW=AS_OF, **demo_server.environment)
    company.run("python", "-m", "orchestration", "refresh")
    return company


@pytest.fixture(scope="module")
def ledger(demo_server: DemoServer) -> dict[str, Any]:
    return demo_server.ledger()
