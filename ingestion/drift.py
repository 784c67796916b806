"""What a source changed about itself: fields that appeared, vanished, or came as another type.

An undeclared field becomes a column of its own, of one of four types that do not depend on the
day's values (any number is numeric). What belongs here: names, types and the words. What does not:
DDL (`landing`), declared types (`batches`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from ingestion.catalog import EXTRA_COLUMN, GONE_COLUMN, LOAD_ID_COLUMN, ColumnType, TableSpec
from ingestion.errors import TableRefusedError
from ingestion.raw import POSTGRES

LONGEST_NAME = 63
"""Bytes of a Postgres name; Cyrillic letters take two."""
SURPRISING = 1e-6
"""A column is vanished when as many empty values in a row would come by chance less often."""

JSON_KINDS: Mapping[str, ColumnType] = {
    "string": "text",
    "number": "numeric",
    "boolean": "bool",
    "object": "json",
    "array": "json",
}
"""The column's type by what `jsonb_typeof` says of a value; null says nothing."""
_PYTHON_KINDS: Mapping[type, ColumnType] = {
    str: "text",
    bool: "bool",
    int: "numeric",
    float: "numeric",
    dict: "json",
    list: "json",
}
_KIND_OF_POSTGRES = {postgres: kind for kind, postgres in POSTGRES.items()}


def column_name(field_name: str, table: TableSpec) -> str:
    """The raw column of an undeclared field: lower case, other signs as `_`, at most 63 bytes.

    A name cut short, or one a declared or internal column bears, gets a mark of its own.
    """
    name = re.sub(r"\W", "_", field_name.lower())
    taken = {*table.columns, LOAD_ID_COLUMN, GONE_COLUMN, EXTRA_COLUMN}
    if len(name.encode()) <= LONGEST_NAME and name not in taken and not name[:1].isdigit():
        return name
    mark = hashlib.sha256(field_name.encode()).hexdigest()[:8]
    short = name.encode()[: LONGEST_NAME - len(mark) - 1].decode("utf-8", "ignore")
    return f"{short}_{mark}" if not short[:1].isdigit() else f"_{short[:-1]}_{mark}"


@dataclass
class Watch:
    """Follows the batches of one table through one run.

    `undeclared` are the columns that appeared in earlier runs, with their Postgres types. Raises
    TableRefusedError from `see` when a field of such a column comes as another type.
    """

    source: str
    table: TableSpec
    undeclared: Mapping[str, str]
    rows: int = 0
    filled: set[str] = field(default_factory=set)
    _kinds: dict[str, ColumnType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kinds = {
            column: _KIND_OF_POSTGRES.get(kind, "text") for column, kind in self.undeclared.items()
        }

    def see(self, batch: pa.Table) -> None:
        """Takes note of one batch in the declared schema."""
        self.rows += batch.num_rows
        for column in self.table.columns:
            if column not in self.filled and batch[column].null_count < batch.num_rows:
                self.filled.add(column)
        extra = batch[EXTRA_COLUMN]
        if extra.null_count == batch.num_rows:
            return
        for text in extra.to_pylist():
            if text is not None:
                self._see_fields(orjson.loads(text))

    def _see_fields(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if value is None:
                continue
            column = column_name(name, self.table)
            self.filled.add(column)
            kind = _PYTHON_KINDS[type(value)]
            known = self._kinds.setdefault(column, kind)
            if known not in (kind, "json"):
                raise TableRefusedError(
                    self.source,
                    self.table.name,
                    f"field {name} changed its type: it was {known} and arrived as {kind}",
                    f"The table keeps its rows. If the change is meant, drop column {column} of "
                    f"raw_{self.source}.{self.table.name}, then run again",
                )


def is_vanished(rows: int, filled_share: float) -> bool:
    """Whether a column filled in `filled_share` of the rows held can be empty in `rows` read rows
    by chance.
    """
    return rows > 0 and (1.0 - filled_share) ** rows < SURPRISING
