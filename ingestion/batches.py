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
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

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
    arrays = []
    for column, kind in table.columns.items():
        convert = _CONVERT[kind]
        try:
            values = [None if (v := row.get(column)) is None else convert(v) for row in rows]
            arrays.append(pa.array(values, _ARROW[kind]))
        except _WrongTypeError as error:
            raise _flipped(source, table, column, kind, str(error)) from None
        except (pa.ArrowInvalid, OverflowError):  # their texts hold the value
            raise _flipped(source, table, column, kind, "a number too large") from None
        if column in table.required and arrays[-1].null_count:
            raise TableRefusedError(
                source,
                table.name,
                f"column {column} is empty in {arrays[-1].null_count} of {len(rows)} rows, "
                "and it must be given",
                "The table keeps its rows; correct the source, then run again",
            )
    extra = [_json(row[EXTRA_COLUMN]) if row.get(EXTRA_COLUMN) else None for row in rows]
    arrays.append(pa.array(extra, pa.string()))
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _flipped(
    source: str, table: TableSpec, column: str, declared: str, arrived: str
) -> TableRefusedError:
    """The sentence for a column whose type is not the declared one."""
    return TableRefusedError(
        source,
        table.name,
        f"column {column} changed its type: declared {declared}, arrived as {arrived}",
        "The table keeps its rows; correct the field at the source or its declaration in "
        f"ingestion/sources/{source}, then run again",
    )


def batched(
    source: str, table: TableSpec, pages: Iterable[Sequence[Row] | Checkpoint]
) -> Iterator[pa.Table | Checkpoint]:
    """Gathers small pages into Arrow tables of about ROWS_PER_BATCH rows, so that dlt writes few
    files. A checkpoint is passed on after the rows said before it.
    """
    gathered: list[Row] = []
    reached: Checkpoint | None = None
    for page in pages:
        if isinstance(page, Checkpoint):
            reached = page
        else:
            gathered.extend(page)
        if len(gathered) >= ROWS_PER_BATCH:
            yield to_arrow(source, table, gathered)
            gathered = []
        if reached and not gathered:
            yield reached
            reached = None
    if gathered:
        yield to_arrow(source, table, gathered)
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
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(value)
    number = Decimal(value)
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
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_json_number)
    if "\\u0000" in text or not _is_utf8(text):
        text = json.dumps(_storable_tree(value), ensure_ascii=False, default=_json_number)
    return text


def _json_number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise _wrong(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


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


_CONVERT: dict[ColumnType, Callable[[Any], Any]] = {
    "text": _text,
    "bigint": _bigint,
    "numeric": _numeric,
    "bool": _bool,
    "timestamptz": _timestamp,
    "json": _json,
}
