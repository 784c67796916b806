"""The landing contract: what a table made elsewhere (by a company's own SQL) must look like to be
let in.

Columns are declared ones, types are the declared ones, the key is unique, required values are
given. Each breach is one sentence with the column and the number of a row, never its values: they
are personal data. Rows come in batches, so that a table of any size needs the memory of one. What
does not belong here: row-wise conversion of API answers, which declare the same tables (`batches`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.batches import arrow_schema
from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN, ColumnType, TableSpec
from ingestion.errors import TableRefusedError

KEY_HASH_COLUMN = "_key_hash"
"""Given beside the columns: a 64-bit hash of the key, for which whoever runs the SQL has better
means. Two different keys of one hash are met once in ten million tables of two million rows.
"""


@dataclass(frozen=True)
class LandingContract:
    """The contract of one table of one source; `where` is what a person has to open to mend a
    breach, `allowed` the closed lists of values by column.
    """

    source: str
    table: TableSpec
    where: str
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """What may be given: every declared column but the account's name."""
        return tuple(column for column in self.table.columns if column != ACCOUNT_COLUMN)

    def check_names(self, names: Sequence[str]) -> None:
        """A required column must be given, one that is not may be left out, which makes it null.

        No other name is let in, so that a misspelt one is noticed. Raises TableRefusedError.
        """
        if extra := [name for name in names if name not in self.columns]:
            raise self.breach(
                f"column {', '.join(extra)} is not in the contract", "Remove or rename it"
            )
        required = (column for column in self.columns if column in self.table.required)
        if missing := [column for column in required if column not in names]:
            raise self.breach(f"missing column {', '.join(missing)}", "Add it")
        if repeated := [name for name in self.columns if list(names).count(name) > 1]:
            raise self.breach(f"column {', '.join(repeated)} is given twice", "Keep one")

    def breach(self, what: str, what_to_do: str) -> TableRefusedError:
        return TableRefusedError(
            self.source, self.table.name, what, f"{what_to_do} in {self.where}"
        )


@dataclass
class Gate:
    """Lets one table in, batch by batch, in the order the SQL gives; rows are numbered from 1."""

    contract: LandingContract
    account_name: str
    zone: ZoneInfo
    _rows: int = 0
    _key_hashes: list[pa.Array] = field(default_factory=list)

    def let_in(self, given: pa.RecordBatch) -> pa.Table:
        """`given` in the declared schema and order; dates and times without a zone are local to
        `zone`.

        Raises TableRefusedError on the first breach.
        """
        table = self.contract.table
        schema = arrow_schema(table)
        arrays = [
            pa.repeat(pa.scalar(self.account_name), given.num_rows)
            if column == ACCOUNT_COLUMN
            else self._column(given[column], column, kind)
            if column in given.schema.names
            else pa.nulls(given.num_rows, schema.field(column).type)
            for column, kind in table.columns.items()
        ]
        arrays.append(pa.nulls(given.num_rows, schema.field(EXTRA_COLUMN).type))
        # A copy: a column of a batch that came from elsewhere keeps all of the batch in memory.
        self._key_hashes.append(pc.bit_wise_or(given[KEY_HASH_COLUMN], pa.scalar(0, pa.uint64())))
        self._rows += given.num_rows
        return pa.Table.from_arrays(arrays, schema=schema)

    def close(self) -> None:
        """To be called behind the last batch. Raises TableRefusedError when a key came twice."""
        hashes = pa.chunked_array(self._key_hashes, pa.uint64())
        # Sorted, because a table of all distinct ones takes ten times the memory.
        in_order = hashes.to_numpy().copy()
        in_order.sort()
        if not (in_order[1:] == in_order[:-1]).any():
            return
        counted = hashes.value_counts()
        repeated = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
        first = pc.index(pc.is_in(hashes, value_set=repeated), True).as_py() + 1
        key = self.contract.table.key
        raise self.contract.breach(
            f"column {', '.join(key)} is not unique: {len(repeated)} values come more than once, "
            f"the first in row {first}",
            "Leave one row per key",
        )

    def _column(self, values: pa.Array, column: str, kind: ColumnType) -> pa.Array:
        converted = self._converted(values, column, kind)
        if column in self.contract.table.required and converted.null_count:
            raise self.contract.breach(
                f"column {column} is empty in row {self._row(pc.is_null(converted))}, and it must "
                "be given",
                "Give the value or leave the row out",
            )
        allowed = self.contract.allowed.get(column)
        if allowed:
            strange = pc.and_(
                pc.is_valid(converted), pc.invert(pc.is_in(converted, value_set=pa.array(allowed)))
            )
            if pc.any(strange).as_py():
                raise self.contract.breach(
                    f"column {column} holds an unknown value in row {self._row(strange)}",
                    f"Map it to one of {', '.join(allowed)}",
                )
        return converted

    def _converted(self, values: pa.Array, column: str, kind: ColumnType) -> pa.Array:
        target = arrow_schema(self.contract.table).field(column).type
        if values.null_count == len(values):
            return pa.nulls(len(values), target)
        convert = _converter(values.type, kind, self.zone)
        if convert is None:
            raise self.contract.breach(
                f"column {column} has type {_spoken(values.type)}, the contract says {kind}",
                "Cast it in the SQL or mend the file",
            )
        try:
            return convert(values).cast(target)
        except pa.ArrowInvalid:  # its text holds the value
            pass
        row = (
            self._rows
            + 1
            + next(
                number
                for number in range(len(values))
                if not _can_be(values.slice(number, 1), convert, target)
            )
        )
        if kind == "timestamptz":
            raise self.contract.breach(
                f"column {column} is text, and its value in row {row} is not a date or time "
                "written as 2026-01-31 or 2026-01-31 23:59:59",
                "Say which of day and month comes first: under `dates` of the file in files.yml, "
                "or by strptime",
            )
        raise self.contract.breach(
            f"column {column} holds a number too large or too fine for {kind} in row {row}",
            "Round it",
        )

    def _row(self, mask: pa.Array) -> int:
        """Number of the first true row."""
        return self._rows + 1 + int(pc.index(mask, True).as_py())


_Convert = Callable[[pa.Array], pa.Array]


def _converter(given: pa.DataType, kind: ColumnType, zone: ZoneInfo) -> _Convert | None:
    """How to bring a type DuckDB gave to the declared one; None when that would be guessing."""
    types = pa.types
    if kind == "text" and (types.is_string(given) or types.is_dictionary(given)):
        return _stored_text
    if kind == "bool" and types.is_boolean(given):
        return _same
    if kind == "bigint" and types.is_integer(given):
        return _same
    if kind == "numeric" and (types.is_integer(given) or types.is_decimal(given)):
        return _same
    if kind == "numeric" and types.is_floating(given):
        return _exact
    if kind == "timestamptz" and (
        types.is_date(given) or types.is_timestamp(given) or types.is_string(given)
    ):
        return lambda values: _localised(values, zone)
    return None


def _same(values: pa.Array) -> pa.Array:
    return values


def _exact(values: pa.Array) -> pa.Array:
    """58.9 read from a CSV is the amount 58.9, not the nearest binary fraction."""
    return values.cast(pa.string()).cast(pa.decimal128(38, 9))


def _stored_text(values: pa.Array) -> pa.Array:
    """Empty text is null, and Postgres holds no NUL (see `batches`)."""
    texts = values.cast(pa.string())
    if pc.any(pc.match_substring(texts, "\x00")).as_py():
        texts = pc.replace_substring(texts, "\x00", "")
    is_empty = pc.equal(texts, "")
    if pc.any(is_empty).as_py():
        texts = pc.if_else(is_empty, pa.scalar(None, pa.string()), texts)
    return texts


def _localised(values: pa.Array, zone: ZoneInfo) -> pa.Array:
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        return values
    return pc.assume_timezone(
        values.cast(pa.timestamp("us")), zone.key, ambiguous="earliest", nonexistent="latest"
    )


def _can_be(value: pa.Array, convert: _Convert, target: pa.DataType) -> bool:
    try:
        convert(value).cast(target)
    except pa.ArrowInvalid:
        return False
    return True


def _spoken(given: pa.DataType) -> str:
    return "text" if pa.types.is_string(given) else str(given)
