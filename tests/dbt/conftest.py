"""dbt in the tests' Postgres: schemas of a prefix of their own, gone after the tests."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.conftest import PostgresForTests

DBT = Path(__file__).parents[2] / "dbt_project"


@dataclass(frozen=True)
class Dbt:
    """The project as dbt sees it under a prefix; `variables` are those of dbt_project.yml."""

    url: str
    prefix: str
    environment: dict[str, str]

    def run(self, *arguments: str, **variables: object) -> str:
        """What `dbt <arguments>` printed; when it fails, that is the test's message."""
        said = ["--vars", json.dumps(variables)] if variables else []
        done = subprocess.run(
            ["dbt", "--quiet", "--no-use-colors", *arguments, *said],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def compiled(self, *snippets: str, **variables: object) -> list[LiteralString]:
        """The SQL of pieces of Jinja, such as a macro's call, in their order."""
        inline = "\n;;\n".join(snippets)
        shown = self.run("compile", "--inline", inline, "--output", "json", **variables)
        # Our own SQL; the data of a test are parameters.
        return cast(list[LiteralString], json.loads(shown)["compiled"].split("\n;;\n"))


@dataclass(frozen=True, repr=False)
class Macros:
    """The SQL of macros that read a text called `written`, by name, and where to run it."""

    connection: psycopg.Connection
    expressions: dict[str, LiteralString]

    def read(self, name: str, texts: list[str]) -> list[Any]:
        """What the macro makes of each text, in their order."""
        rows = self.connection.execute(
            f"""
            select {self.expressions[name]}
            from unnest(%s::text[]) with ordinality as field (written, place)
            order by place
            """,
            [texts],
        )
        return [value for (value,) in rows]


@contextmanager
def compiled_macros(dbt: Dbt, calls: dict[str, str]) -> Iterator[Macros]:
    """`calls` are Jinja without its braces, by name."""
    compiled = dbt.compiled(*("{{ " + call + " }}" for call in calls.values()))
    escaped = [expression.replace("%", "%%") for expression in compiled]
    with psycopg.connect(dbt.url, autocommit=True) as connection:
        yield Macros(connection, dict(zip(calls, escaped, strict=True)))


def small_project(folder: Path, ours: Iterable[str], **said: object) -> dict[str, str]:
    """Makes a project of those files of the real one; what `dbt_of` has to know of it.

    `said` stands in its dbt_project.yml.
    """
    for name in ("profiles.yml", *ours):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DBT / name, folder / name)
    project = {"name": "crm", "profile": "crm", **said}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), "utf-8")
    return {"DBT_PROJECT_DIR": str(folder), "DBT_PROFILES_DIR": str(folder)}


@pytest.fixture(scope="module")
def dbt_of(
    postgres: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Dbt]]:
    """Makes a dbt with that prefix, in that environment."""
    prefixes: list[str] = []

    def make(prefix: str, **environment: str) -> Dbt:
        prefixes.append(prefix)
        ours = {
            "DBT_PROJECT_DIR": str(DBT),
            "DBT_PROFILES_DIR": str(DBT),
            "DBT_TARGET_PATH": str(tmp_path_factory.mktemp("target")),
            "DBT_LOG_PATH": str(tmp_path_factory.mktemp("log")),
            "WAREHOUSE_PREFIX": prefix,
        }
        given = {**os.environ, **postgres.env, **ours, **environment}
        return Dbt(postgres.url("transformer"), prefix, given)

    yield make
    with psycopg.connect(postgres.url("admin"), autocommit=True) as admin:
        for prefix in prefixes:
            made = admin.execute(
                "select nspname from pg_namespace where starts_with(nspname, %s)", [prefix]
            )
            for (schema,) in made.fetchall():
                admin.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
