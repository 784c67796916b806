"""What a source and a raw table are: the one declaration everything else derives from.

The Arrow schema (`batches`), the Postgres tables and the upsert (`landing`), the dlt resources
(`pipeline`) and the asset graph of whoever orchestrates us all read these dataclasses. The tables
of one source are declared in `sources/<name>/tables.py`; this module knows no source by name.
Nothing here reads an environment or a network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Union

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
"""`upsert`: rows are added and changed, never lost (what is gone at the source is marked in
`_gone_at`, or told by other rows). `snapshot`: every run reads the table whole, so a key absent
from a run is removed; a run that reads nothing where rows are held is refused, unless the source
`may_be_emptied`.
"""

ACCOUNT_COLUMN = "account_name"
LOAD_ID_COLUMN = "_dlt_load_id"
GONE_COLUMN = "_gone_at"
"""In every raw table of mode `upsert`: when a row was found to be erased at the source, else null.
A row that comes again is not gone any more.
"""
EXTRA_COLUMN = "_extra"
"""Carries an item's undeclared fields from a source to `landing`, which makes columns of them."""


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
    on, unless it `may_be_absent`. A `secret` one may be given as a file: `<NAME>_FILE` names it.
    """

    name: str
    about: str
    default: str | None = None
    secret: bool = False
    may_be_absent: bool = False


class Held(Protocol):
    """Rows of the account already in raw."""

    def __call__(
        self,
        table: str,
        columns: tuple[str, ...],
        *,
        at_least: tuple[str, Any] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Some columns of the rows that are not gone; `at_least=(column, value)` bounds them."""


@dataclass(frozen=True)
class RunContext:
    """What a source is given for one run besides its own variables.

    `now` is the frozen upper bound of the run (aware, UTC). `held` reads the account's rows already
    in raw, for sources whose changes show only by comparison. `secrets_dir` is a folder only this
    account may read, for credentials that the source has to replace (rotating tokens).
    """

    now: datetime
    business_timezone: str
    held: Held
    secrets_dir: Path
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def turns_of(self, account: str) -> Path:
        """The file by which processes that ask one account take turns."""
        name = re.sub(r"[^\w-]", "_", account)
        return self.secrets_dir / f"{name}.turn"


State = Mapping[str, Any]
"""What one table remembers between runs (its cursor), as JSON. It is stored in the warehouse
together with the data.
"""


@dataclass(frozen=True)
class Checkpoint:
    """Said by a reader after rows: once all rows it gave so far are kept, `state` is true for them.

    The last one of a run is what the next run is given. A first load of a big account is kept piece
    by piece at checkpoints: killed, it goes on there.
    """

    state: State


@dataclass(frozen=True)
class Gone:
    """Keys (values of the `key` columns, without the account) that a source saw to be erased.

    A run that dies forgets them, whatever its checkpoints say: the next one has to find them again.

    `is_told`: the source itself told of it (an event), so that with nothing else read it is no sign
    of a list nobody may see any more.
    """

    keys: tuple[tuple[Any, ...], ...]
    is_told: bool = False


@dataclass(frozen=True)
class Unchanged:
    """Said alone by a reader of a `snapshot` table: it is as it was at the last run; nothing is
    read and nothing removed.
    """


Piece = Union["pa.Table", Gone, Checkpoint, Unchanged]

Reader = Callable[[State], "Iterator[Piece]"]
"""Reads one table from where `state` says ({} at first). Readers of one run are called from several
threads, one thread a table.
"""

WindowReader = Callable[[datetime, datetime], "Iterator[pa.Table | Gone]"]
"""Reads one table's rows dated (by creation, or by the document's date) within [first, second)."""


@dataclass(frozen=True)
class Sweep:
    """How to find rows of one table that the source erased without a word, at a bounded cost.

    Held rows that are not gone are walked in the order of `walk_by` and the key, `page` at a time.
    `look` is given their `columns` (first the key, in the order of `TableSpec.key`), asks the
    source and yields `Gone` for those it does not have, and whole rows for those it has otherwise.
    `by_span`: what lies between two pages is to be found too, so `look` is also given the `walk_by`
    of the row before the page, None at the beginning.
    """

    walk_by: str
    page: int
    columns: tuple[str, ...]
    look: Callable[..., Iterator[pa.Table | Gone]]
    by_span: bool = False


@dataclass(frozen=True)
class Probe:
    """One permission of the account: `try_it` returns what it saw ("readable, newest change …");
    it raises SourceError with the sentence for what is missing. `needed` is false for a part that
    a company may live without.
    """

    name: str
    try_it: Callable[[], str]
    needed: bool = True


@dataclass(frozen=True)
class OpenSource:
    """One account of a source, opened for a run.

    `readers` has every declared table; `windows` those that can be read again by date (backfill);
    `sweeps` those whose erased rows have to be looked for; `probes` is what `check` tries.
    """

    readers: Mapping[str, Reader]
    windows: Mapping[str, WindowReader] = field(default_factory=dict)
    sweeps: Mapping[str, Sweep] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class SourceSpec:
    """One source: its tables, its variables (the first switches it on) and how to open one of its
    accounts for a run. `may_shrink`: rows leave it in any number as long as some stay, for what it
    gives is the company's own choice and not what an account may see. `may_be_emptied`: not even
    one has to stay, for the source itself tells an empty table from one that is missing.
    """

    name: str
    title: str
    tables: tuple[TableSpec, ...]
    variables: tuple[Variable, ...]
    account_variable: str
    open: Callable[[Mapping[str, str], RunContext], AbstractContextManager[OpenSource]]
    may_shrink: bool = False
    may_be_emptied: bool = False

    @property
    def switch(self) -> str:
        return self.variables[0].name

    @property
    def schema(self) -> str:
        """The raw schema's name, without the prefix of this environment."""
        return f"raw_{self.name}"
