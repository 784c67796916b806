"""What an entity of 1C's OData consists of: its key, its properties with their types, its tabular
parts. Derived from a record, so that the description cannot differ from what is served.

Belongs here: the rules by which a value tells its type. Does not belong: XML (`onec_metadata`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from demo.selections import Record

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
# Whole numbers too long for JSON: 1C writes them as text, so the value does not tell.
_INT64 = frozenset(
    {"LineNumber", "Кратность", "КратностьВзаиморасчетов", "НомерЧекаККМ", "SentNo", "ReceivedNo"}
)


@dataclass(frozen=True)
class Shape:
    """`properties`: name -> EDM type, without the tabular parts; `parts`: name -> columns.

    A part that has no row anywhere has only its reference and number.
    """

    key: tuple[str, ...]
    properties: dict[str, str]
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Everything a filter, an order or a selection may name."""
        return self.properties.keys() | self.parts.keys()


def shape_of(key: tuple[str, ...], rows: Iterable[Record]) -> Shape:
    """The shape of these rows: the first that has a property, or a part with a row, tells."""
    properties: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, list):
                columns = parts.setdefault(name, {})
                for line in value[:1]:
                    _describe(columns, line)
            elif name not in properties:
                properties[name] = edm_type(name, value)
    for columns in parts.values():
        for name in ("Ref_Key", "LineNumber"):
            columns.setdefault(name, edm_type(name, ""))
    return Shape(key, properties, parts)


def _describe(columns: dict[str, str], line: Record) -> None:
    for name, value in line.items():
        if name not in columns:
            columns[name] = edm_type(name, value)


def edm_type(name: str, value: Any) -> str:
    """The type 1C would declare for a property that holds this value."""
    if name.endswith("_Key"):
        return "Edm.Guid"
    if name in _INT64:
        return "Edm.Int64"
    if isinstance(value, bool):
        return "Edm.Boolean"
    if isinstance(value, int | float):
        return "Edm.Double"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return "Edm.DateTime"
    return "Edm.String"
