"""Models as views over stand-ins of what they read, so that a test can ask them of any world."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from tests.dbt.conftest import Dbt


def build_views(dbt: Dbt, tables: Mapping[str, LiteralString], models: Sequence[str]) -> None:
    """Makes `tables`, which are columns by `schema.name`, and over them the `models` as views, in
    their order. The SQL of the models is what dbt compiles; every table they read is given."""
    dbt.run("compile", "-s", *models)
    compiled = Path(dbt.environment["DBT_TARGET_PATH"]) / "compiled"
    with psycopg.connect(dbt.url) as connection:
        for schema in {name.split(".")[0] for name in tables} | {"intermediate"}:
            connection.execute(
                sql.SQL("create schema if not exists {}").format(named(dbt.prefix, schema))
            )
        for name, columns in tables.items():
            connection.execute(
                sql.SQL("create table {} ({})").format(named(dbt.prefix, name), sql.SQL(columns))
            )
        for model in models:
            (path,) = compiled.rglob(f"models/intermediate/**/{model}.sql")
            create = sql.SQL("create view {} as ").format(
                named(dbt.prefix, f"intermediate.{model}")
            )
            connection.execute(create.as_bytes() + path.read_bytes())


def fill(
    connection: psycopg.Connection, prefix: str, rows: Mapping[str, Iterable[Sequence[object]]]
) -> None:
    """Copies rows, every column of each in its order, into tables by `schema.name`."""
    for name, of_table in rows.items():
        copy_in = sql.SQL("copy {} from stdin").format(named(prefix, name))
        with connection.cursor().copy(copy_in) as copy:
            for row in of_table:
                copy.write_row(row)


def named(prefix: str, name: str) -> sql.Identifier:
    """`schema` or `schema.name` under dbt's prefix."""
    schema, *rest = name.split(".")
    return sql.Identifier(prefix + schema, *rest)
