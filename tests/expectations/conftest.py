"""A CRM in miniature: the tables the checks read, made in schemas of their own.

Every row is good unless a test says otherwise, so what a test writes is exactly the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from expectations import store
from expectations.settings import QualitySettings

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)

Row = Mapping[str, Any]

# table -> columns with their types, and the good row.
TABLES: Mapping[str, tuple[Mapping[str, str], Row]] = {
    "intermediate.int_deals": (
        {
            "deal_id": "text",
            "deal_name": "text",
            "status": "text",
            "deal_excluded_reason": "text",
            "pipeline_id": "text",
            "stage_id": "text",
            "stage_name": "text",
            "stage_rank": "text",
            "stage_meaning": "text",
            "budget_amount": "numeric",
            "won_at": "timestamptz",
            "loss_reason": "text",
            "manager_id": "text",
            "channel": "text",
            "city": "text",
            "client_type": "text",
            "deal_url": "text",
        },
        {
            "deal_name": "Поставка",
            "status": "open",
            "pipeline_id": "amocrm:main:3100",
            "stage_id": "amocrm:main:3100:31004",
            "stage_name": "Квалифицирован",
            "stage_rank": "qualified",
            "stage_meaning": "qualified",
            "budget_amount": 1000,
            "manager_id": "amocrm:main:9101",
            "channel": "yandex_direct",
            "city": "Москва",
            "client_type": "Опт",
            "deal_url": "https://crm.example/leads/1",
        },
    ),
    "intermediate.int_tasks": (
        {"deal_id": "text", "is_completed": "bool", "is_overdue": "bool", "is_deleted": "bool"},
        {"is_completed": False, "is_overdue": False, "is_deleted": False},
    ),
    "intermediate.int_payment_allocations": (
        {"payment_id": "text", "deal_id": "text", "allocated_amount": "numeric"},
        {"payment_id": "onec:main:1", "allocated_amount": 1000},
    ),
    "intermediate.int_managers": (
        {"manager_id": "text", "is_active": "bool"},
        {"is_active": True},
    ),
    "intermediate.int_required_fields": (
        {"field_name": "text", "valid_from_date": "date", "valid_before_date": "date"},
        {},
    ),
    "intermediate.int_value_lists": (
        {
            "field_name": "text",
            "list_value": "text",
            "valid_from_date": "date",
            "valid_before_date": "date",
        },
        {},
    ),
    "staging.stg_amocrm__contacts": (
        {
            "contact_id": "text",
            "contact_name": "text",
            "phones": "text[]",
            "unreadable_phones_count": "integer",
            "emails": "text[]",
            "responsible_manager_id": "text",
            "is_deleted": "bool",
            "contact_url": "text",
        },
        {
            "contact_name": "Анна",
            "phones": ["+79161234567"],
            "unreadable_phones_count": 0,
            "emails": ["anna@example.org"],
            "responsible_manager_id": "amocrm:main:9101",
            "is_deleted": False,
            "contact_url": "https://crm.example/contacts/1",
        },
    ),
    "raw_amocrm.account": (
        {"account_name": "text", "name": "text", "web_url": "text"},
        {"account_name": "main", "name": "Оптовик", "web_url": "https://crm.example"},
    ),
    "raw_amocrm.contacts": (
        {"account_name": "text", "id": "bigint"},
        {"account_name": "main", "id": 1},
    ),
}

MakeCrm = Callable[..., QualitySettings]


@pytest.fixture(scope="module")
def make_crm(postgres: Any) -> Iterator[MakeCrm]:
    """`make_crm(prefix, {table: rows}, without=[tables])` -> settings that look at it."""
    prefixes: list[str] = []

    def make(
        prefix: str, rows: Mapping[str, Sequence[Row]], *, without: Sequence[str] = ()
    ) -> QualitySettings:
        prefixes.append(prefix)
        _make_schemas(postgres, prefix)
        for table in TABLES.keys() - set(without):
            _make_table(postgres, prefix, table, rows.get(table, ()))
        return QualitySettings(
            reading_url=postgres.url("transformer"),
            writing_url=postgres.url("loader"),
            prefix=prefix,
            business_now=NOW,
        )

    yield make
    with psycopg.connect(postgres.url("admin"), autocommit=True) as admin:
        for prefix in prefixes:
            for schema in ("raw_amocrm", "staging", "intermediate", "quality"):
                admin.execute(f'drop schema if exists "{prefix}{schema}" cascade')


@pytest.fixture
def quality_store(make_crm: MakeCrm) -> QualitySettings:
    """An empty store of its own for each test."""
    settings = make_crm("store_", {}, without=list(TABLES))
    store.prepare(settings, [])
    with psycopg.connect(settings.writing_url) as connection:
        for table in ("check_results", "checked_records", "failing_records"):
            connection.execute(
                sql.SQL("truncate {}").format(sql.Identifier("store_quality", table))
            )
    return settings


def _owner(table: str) -> str:
    return "loader" if table.startswith("raw_") else "transformer"


def _make_schemas(postgres: Any, prefix: str) -> None:
    """As the roles that own them: the reading role must manage with its real rights."""
    owners = {"raw_amocrm": "loader", "quality": "loader"}
    for schema in ("raw_amocrm", "staging", "intermediate", "quality"):
        with psycopg.connect(postgres.url(owners.get(schema, "transformer"))) as connection:
            connection.execute(f'create schema if not exists "{prefix}{schema}"')


def _make_table(postgres: Any, prefix: str, table: str, rows: Sequence[Row]) -> None:
    columns, good = TABLES[table]
    name = sql.Identifier(*f"{prefix}{table}".split("."))
    ddl = sql.SQL(", ").join(
        sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in columns.items()
    )
    with psycopg.connect(postgres.url(_owner(table))) as connection:
        connection.execute(sql.SQL("create table {} ({})").format(name, ddl))
        with connection.cursor().copy(sql.SQL("copy {} from stdin").format(name)) as copy:
            for row in rows:
                unknown = row.keys() - columns.keys()
                assert not unknown, f"{table} has no {unknown}"
                copy.write_row([{**good, **row}.get(column) for column in columns])
