"""What a base says of its own entities: `$metadata`, EDMX of OData 3.

A base describes some 4,000 entities in 15 MB of XML, of which we need twenty: it is parsed as a
stream, and only what is asked for is kept. What does not belong here: which properties we want
(`configurations`), what becomes of them (`bindings`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from ingestion.errors import SourceError

_LIST_OF = "Collection("


@dataclass(frozen=True)
class EntityType:
    """The key of an entity, its properties with their EDM types, and the columns of its tabular
    parts.
    """

    key: tuple[str, ...]
    properties: Mapping[str, str]
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_metadata(body: bytes, wanted: Collection[str]) -> dict[str, EntityType]:
    """The entity types called `wanted`, as many of them as are described.

    Raises SourceError when `body` is no XML, or holds a document type (1C writes none, and its
    entities may blow up).
    """
    reading = _Reading(frozenset(wanted))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _not_metadata("is no XML or was cut short") from None
    return {
        name: EntityType(
            tuple(reading.keys[name]),
            {one: kind for one, kind in found.items() if not kind.startswith(_LIST_OF)},
            {
                one: reading.types.get(_row_type(kind), {})
                for one, kind in found.items()
                if kind.startswith(_LIST_OF)
            },
        )
        for name, found in reading.types.items()
        if name in reading.keys
    }


class _Reading:
    """Keeps the properties of wanted entities and of the rows of their parts."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._entity = ""
        self._properties: dict[str, str] | None = None
        self.types: dict[str, dict[str, str]] = {}
        self.keys: dict[str, list[str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "Property":
            if self._properties is not None:
                self._properties[attributes["Name"]] = attributes["Type"]
        elif tag == "PropertyRef":
            if self._entity:
                self.keys[self._entity].append(attributes["Name"])
        elif tag == "EntityType" and attributes["Name"] in self._wanted:
            self._entity = attributes["Name"]
            self.keys[self._entity] = []
            self._properties = self.types.setdefault(self._entity, {})
        elif tag == "ComplexType" and _owner(attributes["Name"]) in self._wanted:
            self._properties = self.types.setdefault(attributes["Name"], {})

    def end(self, name: str) -> None:
        if name.rpartition(" ")[2] in ("EntityType", "ComplexType"):
            self._entity, self._properties = "", None


def _owner(row_type: str) -> str:
    """The entity whose tabular part has rows of this type: `Document_X_Часть_RowType`."""
    return row_type.removesuffix("_RowType").rpartition("_")[0]


def _row_type(collection: str) -> str:
    return collection[len(_LIST_OF) : -1].rpartition(".")[2]


def _refuse_doctype(*declared: object) -> None:
    raise _not_metadata("declares a document type, which 1C never does")


def _not_metadata(what: str) -> SourceError:
    return SourceError(
        "onec",
        None,
        f"the base's description of itself (/$metadata) {what}",
        "Check that ONEC_BASE_URL ends in /odata/standard.odata, then run again",
    )
