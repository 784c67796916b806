"""Raw rows out of objects of 1C, as a binding says where each column lies.

What 1C writes for "empty" becomes null: the zero reference, the year 1, "". A property no column is
read from travels on under EXTRA_COLUMN when it has a value; tabular parts that are not named do
not. What does not belong here: names (`configurations`), paging (`client`) and any meaning (dbt).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.batches import Row
from ingestion.catalog import ACCOUNT_COLUMN, EXTRA_COLUMN, ColumnType, TableSpec
from ingestion.errors import TableRefusedError
from ingestion.sources.onec.bindings import Binding, BoundPart

Item = Mapping[str, Any]

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"
_EMPTY = ("", EMPTY_GUID, EMPTY_DATE, "StandardODATA.Undefined")
_NOT_CARRIED = frozenset(
    {"Predefined", "PredefinedDataName", "IsFolder", "Recorder", "Recorder_Type"}
)
_NOT_CARRIED_ENDS = ("@navigationLinkUrl", "____Presentation", "_Base64Data")
RECORD_KEY = "record_key"


class Mapper:
    """Makes raw rows of one table out of objects of one base.

    `kinds_of_contact`: name by reference, for the table that has contacts.
    """

    def __init__(
        self,
        table: TableSpec,
        binding: Binding,
        account_name: str,
        zone: ZoneInfo,
        kinds_of_contact: Mapping[str, str] | None = None,
    ) -> None:
        self._table = table
        self._binding = binding
        self._account_name = account_name
        self._zone = zone
        self._kinds_of_contact = kinds_of_contact or {}
        read = frozenset(binding.columns.values())
        self._known = _NOT_CARRIED | read | {f"{name}_Type" for name in read} | {*binding.key}

    def rows(self, items: list[dict[str, Any]]) -> list[Row]:
        """One row an object. Raises TableRefusedError naming a property an object lacks although
        the base declares it.
        """
        try:
            return [self._row(item) for item in items]
        except KeyError as missing:
            raise TableRefusedError(
                "onec",
                self._table.name,
                f"an object of {self._binding.entity} came without property {missing.args[0]}",
                "The table keeps its rows; run again, and if it repeats compare the answer with "
                "/$metadata of the base",
            ) from None

    def _row(self, item: Item) -> dict[str, Any]:
        row: dict[str, Any] = {ACCOUNT_COLUMN: self._account_name}
        for column, name in self._binding.columns.items():
            row[column] = value(column, self._table.columns[column], item[name], self._zone)
        if RECORD_KEY in self._table.columns:
            row[RECORD_KEY] = record_key(self._binding, item)
        if self._binding.parts:
            row[self._binding.into] = [
                self._line(part, line) for part in self._binding.parts for line in item[part.name]
            ]
        if extra := self._extra(item):
            row[EXTRA_COLUMN] = extra
        return row

    def _line(self, part: BoundPart, line: Item) -> dict[str, Any]:
        made: dict[str, Any] = dict(part.constants)
        for field, name in part.fields.items():
            if field == "line_number":
                made[field] = int(line[name])
            elif field == "kind_key":
                made["kind"] = self._kinds_of_contact.get(line[name], key(line[name]))
            else:
                made[field] = key(line[name])
        return made

    def _extra(self, item: Item) -> dict[str, Any]:
        """A property of several possible types may hold a number today and a text tomorrow: its
        value is carried as text.
        """
        return {
            name: str(held) if f"{name}_Type" in item else held
            for name, held in item.items()
            if name not in self._known
            and held is not None
            and held not in _EMPTY
            and not isinstance(held, list | dict)
            and not name.endswith(_NOT_CARRIED_ENDS)
        }


def value(column: str, kind: ColumnType, held: Any, zone: ZoneInfo) -> Any:
    """What 1C holds, as the declared type wants it; what does not fit comes back as it is, for
    `batches` to refuse by the column's name.

    Int64 comes as text, and so does the sum of an order in УНФ.
    """
    if kind == "timestamptz":
        return moment(held, zone) if isinstance(held, str) else held
    if kind in ("numeric", "bigint"):
        return number(held) if isinstance(held, str) else held
    return key(held) if column.endswith("_key") else held


def moment(held: str, zone: ZoneInfo) -> datetime | str | None:
    """1C writes the local time of its server without an offset; the year 1 means "empty"."""
    if held == EMPTY_DATE:
        return None
    try:
        return datetime.fromisoformat(held).replace(tzinfo=zone)
    except ValueError:
        return held


def number(held: str) -> Decimal | str | None:
    if not held:
        return None
    try:
        return Decimal(held)
    except InvalidOperation:
        return held


def key(held: Any) -> Any:
    """A reference; the empty one (zeros, or an empty text of a composite property) is null."""
    return None if held in (EMPTY_GUID, "") else held


def record_key(binding: Binding, item: Item) -> str:
    """What tells a record of a register: its period and the key the base declares for it."""
    names = [name for name in binding.key if name != "Period" and not name.endswith("_Type")]
    return "/".join(str(item[name]) for name in ("Period", *names))
