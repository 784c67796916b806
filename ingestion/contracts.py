"""The landing contract: what a table made elsewhere (by a company's own SQL) must look like to be
let in.

Columns are exactly the declared ones, types are the declared ones, the key is unique, required
values are given. Each breach is one sentence with the column and the number of a row, never its
values: they are personal data. What does not belong here: row-wise conversion of API answers, which
declare the same tables (`batches`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.batches import arrow_schema
from ingestion.catalog import ACCOUNT_COLUMN, ColumnType, TableSpec
from ingestion.errors import SourceError

ALLOWED_VALUES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("deals", "status"): ("open", "won", "lost"),
}


@dataclass(frozen=True)
class LandingContract:
    """The contract of one table of one source; `where` is what a person has to open to mend a
    breach.
    """

    source: str
    table: TableSpec
    where: str

    def accept(self, given: pa.Table, account_name: str, zone: ZoneInfo) -> pa.Table:
        """`given` in the declared schema and order; dates and times without a zone are local to
        `zone`.

        Raises SourceError on the first breach.
        """
        self._check_names(given.column_names)
        arrays = [pa.repeat(pa.scalar(account_name), given.num_rows)]
        for column, kind in self.table.columns.items():
            if column != ACCOUNT_COLUMN:
                arrays.append(self._column(given[column].combine_chunks(), column, kind, zone))
        accepted = pa.Table.from_arrays(arrays, schema=arrow_schema(self.table))
        self._check_key(accepted)
        return accepted

    def _check_names(self, names: list[str]) -> None:
        declared = [column for column in self.table.columns if column != ACCOUNT_COLUMN]
        if missing := [column for column in declared if column not in names]:
            raise self._breach(f"missing column {', '.join(missing)}", "Add it (null if unknown)")
        if extra := [name for name in names if name not in declared]:
            raise self._breach(
                f"column {', '.join(extra)} is not in the contract", "Remove or rename it"
            )
        if repeated := [name for name in declared if names.count(name) > 1]:
            raise self._breach(f"column {', '.join(repeated)} is given twice", "Keep one")

    def _column(self, values: pa.Array, column: str, kind: ColumnType, zone: ZoneInfo) -> pa.Array:
        converted = self._converted(values, column, kind, zone)
        if column in self.table.required and converted.null_count:
            row = _first(pc.is_null(converted))
            raise self._breach(
                f"column {column} is empty in row {row}, and it must be given",
                "Give the value or leave the row out",
            )
        allowed = ALLOWED_VALUES.get((self.table.name, column))
        if allowed:
            known = pc.is_in(converted, value_set=pa.array(allowed))
            if not pc.all(known).as_py() and len(known):
                raise self._breach(
                    f"column {column} holds an unknown value in row {_first(pc.invert(known))}",
                    f"Map it to one of {', '.join(allowed)}",
                )
        return converted

    def _converted(
        self, values: pa.Array, column: str, kind: ColumnType, zone: ZoneInfo
    ) -> pa.Array:
        target = arrow_schema(self.table).field(column).type
        if values.null_count == len(values):
            return pa.nulls(len(values), target)
        convert = _converter(values.type, kind, zone)
        if convert is None:
            raise self._wrong_type(values, column, kind)
        try:
            return convert(values).cast(target)
        except pa.ArrowInvalid:
            raise self._breach(
                f"column {column} holds a number too large or too fine for {kind}", "Round it"
            ) from None

    def _wrong_type(self, values: pa.Array, column: str, kind: ColumnType) -> SourceError:
        example = ""
        if kind == "timestamptz" and pa.types.is_string(values.type):
            example = _first_unparsable(values)
        return self._breach(
            f"column {column} has type {values.type}, the contract says {kind}{example}",
            "Cast it in the SQL or mend the file",
        )

    def _check_key(self, accepted: pa.Table) -> None:
        counted = accepted.group_by(list(self.table.full_key)).aggregate([([], "count_all")])
        repeated = counted.filter(pc.greater(counted["count_all"], 1))
        if repeated.num_rows:
            key = self.table.key[0]
            row = _first(pc.is_in(accepted[key].combine_chunks(), value_set=repeated[key]))
            raise self._breach(
                f"column {key} is not unique: {repeated.num_rows} values come more than once, "
                f"the first in row {row}",
                "Leave one row per key",
            )

    def _breach(self, what: str, what_to_do: str) -> SourceError:
        return SourceError(self.source, self.table.name, what, f"{what_to_do} in {self.where}")


def _converter(
    given: pa.DataType, kind: ColumnType, zone: ZoneInfo
) -> Callable[[pa.Array], pa.Array] | None:
    """How to bring a type DuckDB gave to the declared one; None when that would be guessing."""
    types = pa.types
    if kind == "text" and types.is_string(given):
        return _empty_is_null
    if kind == "bool" and types.is_boolean(given):
        return _same
    if kind == "numeric" and (types.is_integer(given) or types.is_decimal(given)):
        return _same
    if kind == "numeric" and types.is_floating(given):
        return _exact
    if kind == "timestamptz" and (types.is_date(given) or types.is_timestamp(given)):
        return lambda values: _localised(values, zone)
    return None


def _same(values: pa.Array) -> pa.Array:
    return values


def _exact(values: pa.Array) -> pa.Array:
    """58.9 read from a CSV is the amount 58.9, not the nearest binary fraction."""
    return pa.array(
        [None if value is None else Decimal(repr(value)) for value in values.to_pylist()],
        pa.decimal128(38, 9),
    )


def _empty_is_null(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _localised(values: pa.Array, zone: ZoneInfo) -> pa.Array:
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        return values
    return pc.assume_timezone(
        values.cast(pa.timestamp("us")), zone.key, ambiguous="earliest", nonexistent="latest"
    )


def _first(mask: pa.Array) -> int:
    """Number of the first true row, counted from 1."""
    return int(pc.index(mask, True).as_py()) + 1


def _first_unparsable(values: pa.Array) -> str:
    parsed = pc.strptime(
        pc.utf8_slice_codeunits(values, 0, 10), format="%Y-%m-%d", unit="s", error_is_null=True
    )
    bad = pc.and_(pc.is_null(parsed), pc.is_valid(values))
    return f"; the value in row {_first(bad)} is not a date" if pc.any(bad).as_py() else ""
