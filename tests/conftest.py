"""Fixtures every package's tests may use. Anything only one package needs stays in its folder."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from warehouse import service
from warehouse.connections import Connections
from warehouse.settings import Settings

# What bootstrap makes: everything else in the database was left by a test.
BOOTSTRAPPED_SCHEMAS = ("public", "quality", "alerting")


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


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresForTests]:
    settings = Settings(var_dir=tmp_path_factory.mktemp("postgres"))
    connections = service.up(settings)
    with psycopg.connect(connections.url("admin"), autocommit=True) as admin:
        # Half of the tests' time was waiting for the disk; these data need not outlive a power cut.
        admin.execute("alter system set fsync = off")
        admin.execute("select pg_reload_conf()")
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
