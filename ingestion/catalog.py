"""What a source and a raw table are: the one declaration everything else derives from.

The Arrow schema (`batches`), the Postgres tables and the upsert (`landing`), the dlt resources
(`pipeline`) and the asset graph of whoever orchestrates us all read these dataclasses. The tables
of one source are declared in `sources/<name>/tables.py`; this module knows no source by name.
Nothing here reads an environment or a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

ColumnType = Literal["text", "bigint", "numeric", "bool", "timestamptz", "json"]
COLUMN_TYPES: tuple[ColumnType, ...] = (
    "text",
    "bigint",
    "numeric",
    "bool",
    "timestamptz",
    "json",
)

Mode = Literal["upsert", "snapshot"]
"""`upsert`: rows are added and changed, never lost (what is gone at the source is told by other
rows). `snapshot`: every run reads the table whole, so a key absent from a run is removed; a run
that reads nothing where rows are held is stopped.
"""

ACCOUNT_COLUMN = "account_name"
LOAD_ID_COLUMN = "_dlt_load_id"


@dataclass(frozen=True)
class TableSpec:
    """One raw table: `raw_<source>.<name>`, keyed by `account_name` and `key`.

    `columns` maps a name to its type in the order of the table; `required` are the columns that may
    not be null (the key always may not); `newest_by` names the column that tells the newer of two
    copies of one key.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, ColumnType]
    mode: Mode
    description: str
    required: tuple[str, ...] = ()

    @property
    def full_key(self) -> tuple[str, ...]:
        return (ACCOUNT_COLUMN, *self.key)

    @property
    def newest_by(self) -> str | None:
        return "updated_at" if "updated_at" in self.columns else None


def table(name: str, *, key: str, columns: str, mode: Mode = "upsert", about: str) -> TableSpec:
    """Declares a table in the words of SQL: `columns="id bigint, name text not null"`,
    `key="pipeline_id, id"`.

    `account_name text` is put in front of the columns and of the key of every table.
    """
    types: dict[str, ColumnType] = {ACCOUNT_COLUMN: "text"}
    keys = tuple(part.strip() for part in key.split(","))
    required = [ACCOUNT_COLUMN, *keys]
    for declaration in columns.split(","):
        column, kind, *rest = declaration.split()
        types[column] = next(known for known in COLUMN_TYPES if known == kind)
        if rest and column not in required:
            required.append(column)
    return TableSpec(name, keys, types, mode, about, tuple(required))


@dataclass(frozen=True)
class Variable:
    """An environment variable of a source. Without a default it must be given once the source is
    on.
    """

    name: str
    about: str
    default: str | None = None


@dataclass(frozen=True)
class RunContext:
    """What a source is given for one run besides its own variables.

    `now` is the frozen upper bound of the run (aware, UTC). `held(table, columns)` returns those
    columns of the account's rows already in raw, for sources whose changes show only by comparison.
    """

    now: datetime
    business_timezone: str
    held: Callable[[str, tuple[str, ...]], list[tuple[Any, ...]]]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Removed:
    """Keys (the `key` column, without the account) that a source saw to be physically gone."""

    keys: tuple[str, ...]


State = dict[str, Any]
"""What one table remembers between runs (its cursor). It is stored in the warehouse together with
the data.
"""

Reader = Callable[[State], "Iterator[pa.Table | Removed]"]
"""Reads one table: takes and changes its state, yields Arrow tables in the declared schema."""


@dataclass(frozen=True)
class SourceSpec:
    """One source: its tables, its variables (the first switches it on) and how to open it for a
    run.
    """

    name: str
    title: str
    tables: tuple[TableSpec, ...]
    variables: tuple[Variable, ...]
    account_variable: str
    open: Callable[[Mapping[str, str], RunContext], AbstractContextManager[Mapping[str, Reader]]]

    @property
    def switch(self) -> str:
        return self.variables[0].name

    @property
    def schema(self) -> str:
        """The raw schema's name, without the prefix of this environment."""
        return f"raw_{self.name}"
