"""The models of identity over stand-ins of their records, and records joined one by one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import sql

from tests.dbt.conftest import Dbt
from tests.dbt.stand_ins import build_views, fill, named

RECORDS = "intermediate.int_person_records_collected"
IDENTIFIERS = "intermediate.int_person_identifiers_collected"
JOINED = "intermediate.int_person_records_joined"
MERGES = "intermediate.int_person_merges"
TABLES: dict[str, LiteralString] = {
    RECORDS: "record_id text, created_at timestamptz, is_card boolean, is_deleted boolean",
    IDENTIFIERS: "record_id text, identifier text",
    JOINED: "record_id text, person_id text, merged_person_id text, person_since timestamptz",
    MERGES: """
        merged_person_id text, person_id text, merged_at timestamptz, identifier_kind text,
        masked_identifier text, record_id text, other_record_id text, is_deleted boolean""",
    "intermediate.int_users_unioned": "email text",
}
LIMIT = 20
SOME_INSTANT = "2000-01-01T00:00:00Z"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)

Records = dict[str, datetime]
Identifiers = set[tuple[str, str]]


@dataclass(frozen=True, repr=False)
class Warehouse:
    """The identity models over stand-ins; a build is what dbt does with those that remember."""

    prefix: str
    connection: psycopg.Connection
    remembering: dict[str, str]

    def forget(self) -> None:
        for name in (JOINED, MERGES):
            self.connection.execute(sql.SQL("truncate {}").format(named(self.prefix, name)))

    def hold(self, records: Records, identifiers: Iterable[tuple[str, str]]) -> None:
        for name in (RECORDS, IDENTIFIERS):
            self.connection.execute(sql.SQL("truncate {}").format(named(self.prefix, name)))
        cards = [(record, created_at, True, False) for record, created_at in records.items()]
        fill(self.connection, self.prefix, {RECORDS: cards, IDENTIFIERS: identifiers})
        for name in (RECORDS, IDENTIFIERS):
            self.connection.execute(sql.SQL("analyze {}").format(named(self.prefix, name)))

    def build(self, at: datetime) -> dict[str, str]:
        """The persons by their records."""
        for name, query in self.remembering.items():
            table = named(self.prefix, name)
            dated = sql.SQL(cast(LiteralString, query.replace(SOME_INSTANT, at.isoformat())))
            self.connection.execute(sql.SQL("create temp table built as {}").format(dated))
            self.connection.execute(sql.SQL("truncate {}").format(table))
            self.connection.execute(sql.SQL("insert into {} table built").format(table))
            self.connection.execute("drop table built")
        return dict(self.rows(JOINED, "record_id, person_id"))

    def rows(self, name: str, columns: LiteralString) -> list[tuple[str, ...]]:
        query = sql.SQL("select {} from {}").format(sql.SQL(columns), named(self.prefix, name))
        return self.connection.execute(query).fetchall()

    def components(self) -> dict[str, str]:
        """The oldest record by record."""
        name = "intermediate.int_person_records_connected"
        return dict(self.rows(name, "record_id, oldest_record_id"))


@contextmanager
def opened(dbt: Dbt) -> Iterator[Warehouse]:
    """The models over stand-ins; `dbt` has SOME_INSTANT for its BUSINESS_NOW."""
    models = ["int_person_identifiers_connecting", "int_person_records_connected"]
    build_views(dbt, TABLES, models)
    # Compiled once their tables are there, they read them.
    names = [name.removeprefix("intermediate.") for name in (JOINED, MERGES)]
    dbt.run("compile", "-s", *names)
    compiled = Path(dbt.environment["DBT_TARGET_PATH"]) / "compiled"
    queries = [next(compiled.rglob(f"models/**/{name}.sql")).read_text() for name in names]
    assert not any("where false" in query for query in queries)
    with psycopg.connect(dbt.url, autocommit=True) as connection:
        yield Warehouse(dbt.prefix, connection, dict(zip((JOINED, MERGES), queries, strict=True)))


def connected(records: Records, identifiers: Identifiers) -> dict[str, str]:
    """The oldest record of each record's component, by joining them one by one."""
    parents = {record: record for record in records}

    def root(record: str) -> str:
        while parents[record] != record:
            parents[record] = record = parents[parents[record]]
        return record

    carriers = defaultdict(set)
    for record, identifier in identifiers:
        carriers[identifier].add(record)
    for together in carriers.values():
        if len(together) <= LIMIT:
            for one, other in pairwise(sorted(together)):
                first, second = sorted((root(one), root(other)), key=lambda it: (records[it], it))
                parents[second] = first
    return {record: root(record) for record in records}
