"""Publication as readers and the makers of their dashboards meet it, on a project of two marts."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.conftest import PostgresForTests
from tests.dbt.conftest import Dbt, small_project

pytestmark = pytest.mark.integration

PREFIX = "publication_test_"
SHOP = f"{PREFIX}mart_shop"
PROJECT = {
    "flags": {"send_anonymous_usage_stats": False},
    "on-run-end": ["{{ publish_marts(results) }}"],
    "models": {
        "crm": {
            "marts": {
                "+materialized": "table",
                "+persist_docs": {"relation": True, "columns": True},
                "shop": {"+schema": "build_mart_shop"},
            }
        }
    },
}
COMMENTS = """\
kind,name,language,comment
column,month,ru,Месяц.
table,returns,ru,Строка — месяц.
"""


@dataclass
class Shop:
    """Two marts, `sales` and `returns`, whose project a test may change and build again."""

    folder: Path
    dbt: Dbt
    postgres: PostgresForTests
    bi_role: str = "publication_test_bi"
    models: dict[str, str] = field(
        default_factory=lambda: {
            "sales": "select 1 as month, 10 as amount",
            "returns": "select 1 as month, 2 as amount",
        }
    )
    described: dict[str, Any] = field(default_factory=dict)
    indexed: list[str] = field(default_factory=list)

    def publish(self, locale: str = "ru") -> None:
        self.write()
        self.dbt.environment["COMPANY_LOCALE"] = locale
        self.dbt.run("build")

    def write(self) -> None:
        marts = self.folder / "models" / "marts" / "shop"
        shutil.rmtree(marts, ignore_errors=True)
        marts.mkdir(parents=True)
        for name, select in self.models.items():
            indexes = [{"columns": [column]} for column in self.indexed if name == "sales"]
            (marts / f"{name}.sql").write_text(f"{{{{ config(indexes={indexes}) }}}}\n{select}")
        described = [{"name": name, **told} for name, told in self.described.items()]
        (marts / "marts.yml").write_text(yaml.safe_dump({"version": 2, "models": described}))

    def ask(self, statement: str, role: str = "reader") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres.url(role)) as connection:
            return connection.execute(statement.encode()).fetchall()

    def command(self, *statements: str) -> None:
        with psycopg.connect(self.postgres.url("admin"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture
def shop(dbt_of: Callable[..., Dbt], postgres: PostgresForTests, tmp_path: Path) -> Iterator[Shop]:
    ours = ("macros/names.sql", "macros/publish_marts.sql")
    dbt = dbt_of(PREFIX, **small_project(tmp_path, ours, **PROJECT))
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "comments.csv").write_text(COMMENTS, "utf-8")
    made = Shop(tmp_path, dbt, postgres)
    made.publish()
    yield made
    with psycopg.connect(postgres.url("admin"), autocommit=True) as admin:
        for schema in (SHOP, f"{PREFIX}build_mart_shop", f"{PREFIX}bi"):
            admin.execute(
                sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema))
            )
        admin.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(made.bi_role)))


def test_a_changed_description_reaches_a_mart_whose_columns_stayed(shop: Shop) -> None:
    shop.described["sales"] = {
        "description": "One row per month.",
        "columns": [{"name": "amount", "description": "What it's worth."}],
    }
    shop.publish()
    assert shop.ask(f"select obj_description('{SHOP}.sales'::regclass)") == [
        ("One row per month.",)
    ]
    assert shop.ask(f"select col_description('{SHOP}.sales'::regclass, 2)") == [
        ("What it's worth.",)
    ]


def test_a_mart_is_told_in_the_language_of_the_company_else_in_english(shop: Shop) -> None:
    texts = f"""
        select description, xmin::text from pg_description
        where objoid = '{SHOP}.returns'::regclass order by objsubid
    """
    undescribed = shop.ask(texts)
    assert [text for text, _ in undescribed] == ["Строка — месяц.", "Месяц."]
    shop.described["returns"] = {
        "description": "One row per month.",
        "columns": [
            {"name": "month", "description": "Which month."},
            {"name": "amount", "description": "What it's worth."},
        ],
    }
    shop.publish()
    told = shop.ask(texts)
    assert told[:2] == undescribed, "a text that stayed was written again"
    assert [text for text, _ in told[2:]] == ["What it's worth."]
    shop.publish(locale="en")
    assert [text for text, _ in shop.ask(texts)] == [
        "One row per month.",
        "Which month.",
        "What it's worth.",
    ]


def test_a_mart_that_left_the_project_is_unpublished(shop: Shop) -> None:
    del shop.models["returns"]
    shop.publish()
    assert shop.ask(f"select tablename from pg_tables where schemaname = '{SHOP}'") == [("sales",)]


def test_rows_that_stayed_are_not_written_again(shop: Shop) -> None:
    """Equal rows are told apart by how many there are, and nothing equals nothing."""

    def sales(*months: str) -> str:
        rows = ", ".join(f"({month}::int, 10)" for month in months)
        return f"select * from (values {rows}) as sales (month, amount)"

    rows = f"select month, xmin::text from {SHOP}.sales order by month nulls first, xmin::text"
    shop.models["sales"] = sales("null", "1", "2", "2", "3")
    shop.publish()
    before = shop.ask(rows)
    assert [month for month, _ in before] == [None, 1, 2, 2, 3]

    shop.models["sales"] = sales("null", "null", "1", "2", "4", "4")
    shop.publish()
    after = shop.ask(rows)
    assert [month for month, _ in after] == [None, None, 1, 2, 4, 4]
    assert after[2] == before[1], "the row of month 1 stayed as it was"


@pytest.mark.parametrize(
    ("before", "after"),
    # Postgres hashes the two of each pair alike.
    [("5.00", "-5.00"), ("null::float8", "0::float8"), ("4294967296::bigint", "1::bigint")],
    ids=["sign", "null", "bigint"],
)
def test_a_row_that_differs_in_one_value_is_published(shop: Shop, before: str, after: str) -> None:
    for value in (before, after):
        shop.models["sales"] = f"select 1 as month, {value} as amount"
        shop.publish()
        assert shop.ask(f"select month, amount from {SHOP}.sales") == shop.ask(f"select 1, {value}")


def test_what_others_put_beside_our_marts_is_not_ours_to_remove(shop: Shop) -> None:
    shop.command(f"create table {SHOP}.notes as select 'theirs' as note")
    shop.publish()
    assert shop.ask(f"select note from {SHOP}.notes", "admin") == [("theirs",)]


def test_views_and_grants_of_others_survive_new_rows_and_new_columns(shop: Shop) -> None:
    view = f"{PREFIX}bi.amounts"
    shop.command(
        f"create role {shop.bi_role}",
        f"grant usage on schema {SHOP} to {shop.bi_role}",
        f"grant select on {SHOP}.sales to {shop.bi_role}",
        f"create schema {PREFIX}bi",
        f"create view {view} as select sum(amount) as amount from {SHOP}.sales",
    )
    may_read = f"select has_table_privilege('{shop.bi_role}', '{SHOP}.sales', 'select')"

    shop.models["sales"] = "select 1 as month, 30 as amount"
    shop.publish()
    assert shop.ask(f"select amount from {view}", "admin") == [(30,)]
    assert shop.ask(may_read) == [(True,)]

    shop.models["sales"] = "select 'january' as month, 'shoes' as product, 40 as amount"
    shop.indexed = ["month"]
    shop.publish()
    assert shop.ask(f"select month, product, amount from {SHOP}.sales") == [
        ("january", "shoes", 40)
    ]
    assert shop.ask(f"select amount from {view}", "admin") == [(40,)]
    assert shop.ask(may_read) == [(True,)]


def test_a_published_mart_has_the_indexes_of_the_built_one(shop: Shop) -> None:
    columns = f"""
        select substring(indexdef from '\\((.*)\\)') from pg_indexes
        where schemaname = '{SHOP}' and tablename = 'sales' order by 1
    """
    shop.indexed = ["month", "amount"]
    shop.publish()
    assert shop.ask(columns) == [("amount",), ("month",)]
    shop.indexed = ["amount"]
    shop.publish()
    assert shop.ask(columns) == [("amount",)]


def test_a_reader_in_mid_reading_of_two_marts_keeps_both_while_they_are_altered(shop: Shop) -> None:
    shop.models = {
        "sales": "select 1 as month, 'shoes' as product, 50 as amount",
        "returns": "select 1 as month, 'shoes' as product, 5 as amount",
    }
    shop.write()
    with psycopg.connect(shop.postgres.url("reader")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute(f"select amount from {SHOP}.sales".encode()).fetchall() == [(10,)]
        build = subprocess.Popen(["dbt", "--quiet", "build"], env=shop.dbt.environment)
        _wait_until_publication_wants_the_marts(shop)
        assert reader.execute(f"select amount from {SHOP}.returns".encode()).fetchall() == [(2,)]
        assert build.poll() is None
    assert build.wait(timeout=60) == 0
    assert shop.ask(f"select amount from {SHOP}.sales") == [(50,)]
    assert shop.ask(f"select amount from {SHOP}.returns") == [(5,)]


def _wait_until_publication_wants_the_marts(shop: Shop) -> None:
    """Ends when a `lock table` waits for the reader: 0.1 of every 0.3 seconds."""
    with psycopg.connect(shop.postgres.url("admin"), autocommit=True) as admin:
        for _ in range(6000):
            waiting = admin.execute(
                """
                select 1 from pg_locks
                where mode = 'AccessExclusiveLock' and relation = %s::regclass and not granted
                """,
                [f"{SHOP}.sales"],
            )
            if waiting.fetchone():
                return
            admin.execute("select pg_sleep(0.01)")
    pytest.fail("publication never asked for the marts")
