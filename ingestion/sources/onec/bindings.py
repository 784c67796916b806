"""Where the columns of one raw table lie in one base: a layout held against what it declares.

Names are looked up before anything is asked for, because 1C answers a filter by a misspelt name
with nothing at all. What does not belong here: reading values (`mapping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.errors import TableRefusedError
from ingestion.sources.onec.configurations import Layout, Part, Properties
from ingestion.sources.onec.metadata import EntityType

_MAY_BE_MISSING = "?"


@dataclass(frozen=True)
class BoundPart:
    """A tabular part: field of a line -> property, and what stands in each line."""

    name: str
    fields: Mapping[str, str]
    constants: Mapping[str, str]


@dataclass(frozen=True)
class Binding:
    """`columns`: raw column -> property, without those the base does not have; `key` are the
    properties that tell a record of a register.
    """

    entity: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    into: str
    parts: tuple[BoundPart, ...]


@dataclass(frozen=True)
class _Lookup:
    table: str
    entity: str
    configuration: str

    def columns(self, wanted: Properties, there: Mapping[str, str], part: str) -> dict[str, str]:
        found = {}
        for column, spelt in wanted.items():
            name = _first(column, spelt.removesuffix(_MAY_BE_MISSING), there)
            if name is not None:
                found[column] = name
            elif not spelt.endswith(_MAY_BE_MISSING):
                raise self.missing(f"{part}{spelt}", column)
        return found

    def part(self, wanted: Part, kind: EntityType) -> BoundPart | None:
        name = wanted.name.removesuffix(_MAY_BE_MISSING)
        if name not in kind.parts:
            if wanted.name.endswith(_MAY_BE_MISSING):
                return None
            raise self.missing(name, "lines")
        fields = self.columns(wanted.fields, kind.parts[name], f"{name}/")
        return BoundPart(name, fields, wanted.constants)

    def missing(self, name: str, column: str) -> TableRefusedError:
        return TableRefusedError(
            "onec",
            self.table,
            f"{self.entity} has no property {name.replace('|', ' or ')}, which column {column} is "
            f"read from (configuration {self.configuration})",
            "The table keeps its rows. Set ONEC_CONFIGURATION, or name another entity in "
            "ONEC_ENTITIES; a renamed property is mended in ingestion/sources/onec/"
            "configurations.py",
        )


def bind(table: str, layout: Layout, entity: str, kind: EntityType, configuration: str) -> Binding:
    """Raises TableRefusedError naming the entity and the property that it lacks."""
    lookup = _Lookup(table, entity, configuration)
    columns = lookup.columns(layout.columns, kind.properties, "")
    parts = (lookup.part(part, kind) for part in layout.parts)
    return Binding(
        entity, kind.key, columns, layout.into, tuple(part for part in parts if part is not None)
    )


def _first(column: str, spelt: str, there: Mapping[str, str]) -> str | None:
    """The first spelling the base declares: a plain reference is `X_Key`, one of several types is
    `X` beside `X_Type`.
    """
    for name in spelt.split("|"):
        for candidate in (f"{name}_Key", name) if column.endswith("_key") else (name,):
            if candidate in there:
                return candidate
    return None
