"""Rows of one page become one Arrow table of the declared types; a value of another type stops the
table.

This is the contract between a source and raw: columns may be added at the source, types may not
flip, keys must be present. What does not belong here: knowing where in an answer a value lies (each
source's `mapping`).

Empty text is stored as null: the CSV copy into Postgres cannot tell the two apart, so we decide it
here, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.catalog import EXTRA_COLUMN, Checkpoint, ColumnType, TableSpec
from ingestion.errors import TableRefusedError

ROWS_PER_BATCH = 10_000
_SCALE = 9  # digits after the point that dlt's default numeric(38, 9) keeps
_ARROW: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "numeric": pa.decimal128(38, _SCALE),
    "bool": pa.bool_(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}
_ARRIVED = {
    str: "text",
    bool: "bool",
    int: "bigint",
    dict: "json",
    list: "json",
    float: "numeric",
    Decimal: "numeric",
}

Row = Mapping[str, Any]


class _WrongTypeError(Exception):
    """Raised by a converter; `to_arrow` turns it into a sentence that names the column."""


def arrow_schema(table: TableSpec) -> pa.Schema:
    """The declared columns in order, then the undeclared fields as one json object (or null).

    `json` travels as text and becomes jsonb when landed.
    """
    declared = [(name, _ARROW[kind]) for name, kind in table.columns.items()]
    return pa.schema([*declared, (EXTRA_COLUMN, _ARROW["json"])])


def to_arrow(source: str, table: TableSpec, rows: Sequence[Row]) -> pa.Table:
    """Converts `rows` (column -> Python value; absent means null).

    A row may hold its item's undeclared fields as a dict under EXTRA_COLUMN. Times are unix seconds
    or aware datetimes, numbers int or Decimal, json anything JSON can hold.
    Raises TableRefusedError naming the column when a value cannot be held by the declared type or
    a key is missing.
    """
    batch = _Batch(source, table)
    batch.add(rows)
    return batch.to_arrow()


class _Batch:
    """Rows of some pages, column by column.

    Columns, because thousands of dicts held at once keep the garbage collector busy longer than
    their conversion takes; text and numbers are none of its business.
    """

    def __init__(self, source: str, table: TableSpec) -> None:
        self._source = source
        self._table = table
        self._kinds: dict[str, ColumnType] = {**table.columns, EXTRA_COLUMN: "json"}
        self._values: dict[str, list[Any]] = {column: [] for column in self._kinds}

    def __len__(self) -> int:
        return len(self._values[EXTRA_COLUMN])

    def add(self, rows: Sequence[Row]) -> None:
        for column, kind in self._kinds.items():
            values = [row.get(column) for row in rows]
            if column == EXTRA_COLUMN:
                values = [value or None for value in values]
            if kind == "json":
                with self._told_of(column):
                    values = [None if value is None else _json(value) for value in values]
            self._values[column].extend(values)

    def to_arrow(self) -> pa.Table:
        arrays = []
        for column, kind in self._kinds.items():
            with self._told_of(column):
                arrays.append(_array(kind, self._values[column]))
            if column in self._table.required and arrays[-1].null_count:
                raise TableRefusedError(
                    self._source,
                    self._table.name,
                    f"column {column} is empty in {arrays[-1].null_count} of {len(self)} rows, "
                    "and it must be given",
                    "The table keeps its rows; correct the source, then run again",
                )
        return pa.Table.from_arrays(arrays, schema=arrow_schema(self._table))

    @contextmanager
    def _told_of(self, column: str) -> Iterator[None]:
        """Turns a value of another type into the sentence that names the column."""
        try:
            yield
        except _WrongTypeError as error:
            arrived = str(error)
        except (pa.ArrowInvalid, OverflowError):  # their texts hold the value
            arrived = "a number too large"
        else:
            return
        raise TableRefusedError(
            self._source,
            self._table.name,
            f"column {column} changed its type: declared {self._kinds[column]}, "
            f"arrived as {arrived}",
            "The table keeps its rows; correct the field at the source or its declaration in "
            f"ingestion/sources/{self._source}, then run again",
        ) from None


def _array(kind: ColumnType, values: list[Any]) -> pa.Array:
    """`values` as Arrow: as a whole when all are of the usual Python type, else one by one. Of
    json, `values` are the texts.
    """
    if kind == "json":
        return pa.array(values, _ARROW[kind])
    usual = _USUAL.get(kind)
    if usual and set(map(type, values)) <= {usual.type, NoneType}:
        with suppress(pa.ArrowInvalid, UnicodeEncodeError, TypeError):
            return usual.convert(values)
    convert = _CONVERT[kind]
    return pa.array([None if v is None else convert(v) for v in values], _ARROW[kind])


def _texts(values: list[str | None]) -> pa.Array:
    array = pa.array(values, pa.string())
    if pc.any(pc.match_substring(array, "\x00")).as_py():
        raise pa.ArrowInvalid("Postgres holds no NUL")
    is_empty = pc.equal(array, "")
    return pc.if_else(is_empty, _NO_TEXT, array) if pc.any(is_empty).as_py() else array


def _moments(values: list[int | None]) -> pa.Array:
    seconds = pa.array(values, pa.int64())
    return pc.multiply_checked(seconds, 1_000_000).cast(_ARROW["timestamptz"])


def batched(
    source: str, table: TableSpec, pages: Iterable[Sequence[Row] | Checkpoint]
) -> Iterator[pa.Table | Checkpoint]:
    """Gathers small pages into Arrow tables of about ROWS_PER_BATCH rows, so that dlt writes few
    files. A checkpoint is passed on after the rows said before it.
    """
    batch = _Batch(source, table)
    reached: Checkpoint | None = None
    for page in pages:
        if isinstance(page, Checkpoint):
            reached = page
        else:
            batch.add(page)
        if len(batch) >= ROWS_PER_BATCH:
            yield batch.to_arrow()
            batch = _Batch(source, table)
        if reached and not batch:
            yield reached
            reached = None
    if batch:
        yield batch.to_arrow()
    if reached:
        yield reached


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise _wrong(value)
    return _storable(value) or None


def _storable(value: str) -> str:
    """Postgres text holds neither NUL nor a lone surrogate; real exports hold both now and then."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _bigint(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise _wrong(value)


def _numeric(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _wrong(value)
    # 58.9 read from JSON is the amount 58.9, not the nearest binary fraction.
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise _WrongTypeError("not a number")
    return round(number, _SCALE)


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value)
    return value


def _timestamp(value: Any) -> int:
    """Microseconds since 1970."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return round(value.timestamp() * 1_000_000)
    if isinstance(value, int) and not isinstance(value, bool):
        return value * 1_000_000
    raise _wrong(value)


def _json(value: Any) -> str:
    try:
        text = orjson.dumps(value, default=_json_number).decode()
    except TypeError:  # a lone surrogate, or a whole number beyond 64 bits
        text = json.dumps(_storable_tree(value), ensure_ascii=False, default=_json_number)
    if "\\u0000" in text:
        text = json.dumps(_storable_tree(value), ensure_ascii=False, default=_json_number)
    return text


def _json_number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise _wrong(value)


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, list):
        return [_storable_tree(item) for item in value]
    if isinstance(value, dict):
        return {_storable(str(key)): _storable_tree(item) for key, item in value.items()}
    return value


def _wrong(value: Any) -> _WrongTypeError:
    return _WrongTypeError(_ARRIVED.get(type(value), type(value).__name__))


_NO_TEXT = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class _Usual:
    """The Python type nearly all values of a column have, and how to convert them as a whole; what
    it refuses is converted one by one, which finds the words.
    """

    type: type
    convert: Callable[[list[Any]], pa.Array]


_USUAL: dict[ColumnType, _Usual] = {
    "text": _Usual(str, _texts),
    "bigint": _Usual(int, lambda values: pa.array(values, pa.int64())),
    "numeric": _Usual(int, lambda values: pa.array(values, pa.int64()).cast(_ARROW["numeric"])),
    "bool": _Usual(bool, lambda values: pa.array(values, pa.bool_())),
    "timestamptz": _Usual(int, _moments),
}

_CONVERT: dict[ColumnType, Callable[[Any], Any]] = {
    "text": _text,
    "bigint": _bigint,
    "numeric": _numeric,
    "bool": _bool,
    "timestamptz": _timestamp,
}
