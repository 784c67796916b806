"""Who reads which mart, by a real server's log: who counts, what is kept, what is deleted."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from warehouse import mart_reads, service
from warehouse.connections import Connections
from warehouse.settings import Settings

pytestmark = pytest.mark.integration

PHONE = "+79990001122"
READS = "select mart_name, login, sum(reads_count) from usage.mart_reads group by 1, 2 order by 1"


@dataclass(frozen=True)
class Server:
    """A warehouse with two marts, of which a person called ivanova may read one."""

    settings: Settings
    connections: Connections

    def ask(self, statement: str, role: str = "transformer") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.connections.url(role), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def as_person(self, statement: str, login: str = "ivanova") -> None:
        url = self.connections.url("reader")
        with psycopg.connect(url, user=login, password="secret", autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def log(self) -> str:
        return "".join(file.read_text() for file in self.files)

    @property
    def files(self) -> list[Path]:
        return list((self.settings.var_dir / "postgres" / "log").glob("*.json"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = Settings(var_dir=tmp_path_factory.mktemp("reads"))
    made = Server(settings, service.up(settings))
    for statement in (
        "create schema mart_shop",
        "grant usage on schema mart_shop to reader",
        "create table mart_shop.sales as select 1 as amount",
        "create table mart_shop.returns as select 1 as amount",
        "grant select on mart_shop.sales to reader",
    ):
        made.ask(statement)
    made.ask("create role ivanova login password 'secret' in role reader", "admin")
    yield made
    service.down(settings)


def test_a_read_of_a_person_is_kept_by_login_and_mart_and_its_text_is_not(server: Server) -> None:
    server.as_person(f"select * from mart_shop.sales where '{PHONE}' <> ''")
    server.as_person('select s.amount from "mart_shop"."sales" as s, mart_shop.sales as again')
    server.ask("select * from mart_shop.sales", "reader")
    assert PHONE in server.log

    service.collect_reads(server.settings)

    assert server.ask(READS) == [
        ("mart_shop.sales", "ivanova", 2),
        ("mart_shop.sales", "reader", 1),
    ]
    for table in ("mart_reads", "read_marts"):
        assert PHONE not in str(server.ask(f"select * from usage.{table}"))


def test_the_same_hour_read_again_counts_nothing_twice(server: Server) -> None:
    server.as_person("select 1 from mart_shop.sales")
    service.collect_reads(server.settings)
    once = server.ask(READS)
    service.collect_reads(server.settings)
    assert server.ask(READS) == once


def test_our_own_services_and_refused_reads_are_no_reads(server: Server) -> None:
    service.collect_reads(server.settings)
    before = server.ask(READS)
    for role in ("admin", "transformer"):
        server.ask(f"select '{role} was here' from mart_shop.sales", role)
    with psycopg.connect(
        server.connections.url("reader"), application_name="python -m dashboards"
    ) as ours:
        ours.execute("select 'the report' from mart_shop.sales")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.as_person("select * from mart_shop.returns")

    service.collect_reads(server.settings)

    assert server.ask(READS) == before
    assert "was here" not in server.log
    assert server.ask("select mart_name, is_log_readable from usage.read_marts order by 1") == [
        ("mart_shop.returns", True),
        ("mart_shop.sales", True),
    ]


def test_files_of_hours_that_are_over_are_deleted_once_read(server: Server) -> None:
    service.collect_reads(server.settings)
    before = {login: count for _, login, count in server.ask(READS)}
    lines = [json.loads(line) for line in server.log.splitlines()]
    read = next(
        line
        for line in lines
        if line.get("user") == "ivanova" and line["message"].endswith("from mart_shop.sales")
    )
    old = server.files[0].with_name("hour-1-00.json")
    old.write_text(json.dumps({**read, "session_id": "of that hour"}))
    os.utime(old, (0, 0))
    server.ask("delete from usage.read_marts", "loader")

    service.collect_reads(server.settings)

    after = {login: count for _, login, count in server.ask(READS)}
    assert after == {**before, "ivanova": before["ivanova"] + 1}
    assert server.files
    assert old not in server.files


def test_a_server_whose_log_nobody_may_read_says_so_and_keeps_what_was_known(
    server: Server,
) -> None:
    service.collect_reads(server.settings)
    known = server.ask(READS)
    unprivileged = Connections(server.connections.url("loader"), server.connections.passwords)

    collected = mart_reads.collect(unprivileged, prefix="")

    assert collected.not_available == "the administrator's login may not read the server's log"
    assert server.ask(READS) == known
    assert server.ask("select distinct is_log_readable from usage.read_marts") == [(False,)]


def test_a_server_that_logs_no_statements_says_so(server: Server) -> None:
    server.ask("alter database warehouse reset log_statement", "admin")
    try:
        collected = service.collect_reads(server.settings)
    finally:
        server.ask("alter database warehouse set log_statement to 'all'", "admin")
    assert collected.not_available == "the server writes no statements into a JSON log"
