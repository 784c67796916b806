"""One 1C base as its OData publishes it: entity sets, their rows and shapes, keys, rights.

Belongs here: tabular parts and registers as sets of their own, what a limited user may see, what
can be switched on a base while it is served. Does not belong: HTTP, the text of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from demo import accounting_catalogs as catalogs
from demo import accounting_records as books
from demo.accounting_examples import examples
from demo.odata_filter import stored_order
from demo.onec_configurations import CONFIGURATIONS, Published
from demo.onec_exchange import EXCHANGE_PLAN, Exchange
from demo.onec_shapes import Shape, shape_of
from demo.selections import Answer, Record, Selections

if TYPE_CHECKING:
    from demo.store import Store

_TELLING_ROWS = 200
"""So many rows of a set are looked at for its shape; an invented one tells what they leave open."""
_OF_A_RECORDER = ("Recorder", "Recorder_Type")
_RECORDS = "_RecordType"
REFUSALS = ("forbidden", "failing", "unpublished")


@dataclass
class Switches:
    """What an administrator or a bad day changes in all answers.

    `errors_as_xml`: errors come as XML to a JSON client too. `is_limited`: the user may not see
    private persons nor their documents. `refusals`: entity set -> "forbidden" (no right),
    "failing" (the base's own code breaks) or "unpublished".
    """

    errors_as_xml: bool = False
    is_limited: bool = False
    refusals: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "errors_as_xml": self.errors_as_xml,
            "is_limited": self.is_limited,
            "refusals": self.refusals,
        }

    def switch(self, asked: Any) -> None:
        """Set what the JSON object names as `as_json` does; ValueError says what to send."""
        if not isinstance(asked, Mapping) or not asked or not asked.keys() <= self.as_json().keys():
            raise ValueError(f"Send one JSON object with any of {', '.join(self.as_json())}.")
        wished = self.as_json() | dict(asked)
        refusals = wished["refusals"]
        if not isinstance(refusals, dict) or not set(refusals.values()) <= set(REFUSALS):
            raise ValueError(f"'refusals' maps an entity to one of {', '.join(REFUSALS)}.")
        if not isinstance(wished["errors_as_xml"], bool) or not isinstance(
            wished["is_limited"], bool
        ):
            raise ValueError("'errors_as_xml' and 'is_limited' are true or false.")
        self.errors_as_xml = wished["errors_as_xml"]
        self.is_limited = wished["is_limited"]
        self.refusals = refusals


class Infobase:
    """The base's entity sets under the names of its configuration."""

    def __init__(
        self, store: Store, selections: Selections, switches: Switches, configuration: str
    ) -> None:
        self._store = store
        self._selections = selections
        self._switches = switches
        self._published: dict[str, Published] = CONFIGURATIONS[configuration]
        self.exchange = Exchange(self._contents)
        selections.forget()

    # What is there

    def shapes(self) -> dict[str, Shape]:
        """Every entity and record type by name, tabular parts inside their owners."""
        names = [name for name in self._own_names() if self._is_published(name)]
        return {name: self.shape(name) for name in names}

    def names(self) -> list[str]:
        """Every entity set, tabular parts after their owner."""
        return [
            name
            for owner, shape in self.shapes().items()
            for name in (owner, *(f"{owner}_{part}" for part in shape.parts if part != "RecordSet"))
        ]

    def _own_names(self) -> Iterator[str]:
        for name in self._published:
            yield name
            if self.is_record_set(name):
                yield name + _RECORDS
        yield EXCHANGE_PLAN

    def _is_published(self, name: str) -> bool:
        return self._switches.refusals.get(name) != "unpublished"

    def shape(self, name: str) -> Shape:
        """The shape of a set that `rows` knows."""
        return self._kept("shape", name, lambda: self._described(name))

    def _described(self, name: str) -> Shape:
        owner, part = self._owner_of(name)
        if owner is not None:
            return Shape(self._key_names(name), self.shape(owner).parts[part])
        rows = islice(self.rows(name) or [], _TELLING_ROWS)
        return shape_of(self._key_names(name), chain(rows, self._examples(name)))

    def _examples(self, name: str) -> list[Record]:
        published = self._published.get(name.removesuffix(_RECORDS))
        if published is None:
            return []
        example = examples()[published.source]
        shown = [published.show(example) if published.show else example]
        return _record_sets(shown) if self.is_record_set(name) else shown

    def _key_names(self, name: str) -> tuple[str, ...]:
        if name.endswith(_RECORDS):
            return (*_OF_A_RECORDER, "LineNumber")
        if self.is_record_set(name):
            return _OF_A_RECORDER
        if name in self._published:
            dimensions = self._published[name].dimensions
            return ("Period", *dimensions) if dimensions else ("Ref_Key",)
        return ("Ref_Key",) if name == EXCHANGE_PLAN else ("Ref_Key", "LineNumber")

    # Rows

    def rows(self, name: str) -> list[Record] | None:
        """All rows of an entity set; None where no such set is published."""
        if not self._is_published(name):
            return None
        if name == EXCHANGE_PLAN:
            return self.exchange.nodes()
        if name in self._published:
            return self._kept("rows", name, lambda: self._shown(name))
        register = name.removesuffix(_RECORDS)
        if register != name and self.is_record_set(register):
            return self._kept("rows", name, lambda: self._records(register))
        owner, part = self._owner_of(name)
        if owner is None:
            return None
        owners = self.rows(owner) or []
        return self._kept("rows", name, lambda: [row for one in owners for row in one[part]])

    def _owner_of(self, name: str) -> tuple[str | None, str]:
        """The set whose tabular part this is, and the part."""
        for owner in self._published:
            part = name.removeprefix(f"{owner}_")
            if part != name and part in self.shape(owner).parts and part != "RecordSet":
                return owner, part
        return None, ""

    def _shown(self, name: str) -> list[Record]:
        records = self._records(name)
        return _record_sets(records) if self.is_record_set(name) else records

    def _records(self, name: str) -> list[Record]:
        published = self._published[name]
        held = self._store.onec[published.source].values()
        return [published.show(record) for record in held] if published.show else list(held)

    def is_record_set(self, name: str) -> bool:
        """Whether it is a register that documents write: a row is all a document wrote."""
        return name in self._published and self._published[name].source == catalogs.PRICES

    def record_type(self, register: str) -> str:
        """The set of a register's single records, which its slices consist of."""
        bare = register.removesuffix(_RECORDS)
        return bare + _RECORDS if self.is_record_set(bare) else bare

    def is_register(self, name: str) -> bool:
        """Whether the set answers `SliceLast`."""
        published = self._published.get(name.removesuffix(_RECORDS))
        return published is not None and bool(published.dimensions)

    def sliced(self, name: str, *, last: bool, moment: str | None) -> list[Record]:
        """Of a register: the latest (or first) record of each combination of dimensions, up to
        (or from) the moment in local time.
        """
        register = name.removesuffix(_RECORDS)
        dimensions = self._published[register].dimensions
        chosen: dict[tuple[Any, ...], Record] = {}
        records = sorted(
            self._records(register), key=lambda record: record["Period"], reverse=not last
        )
        for record in records:
            within = moment is None or (
                record["Period"] <= moment if last else record["Period"] >= moment
            )
            if within and record.get("Active", True):
                chosen[tuple(record[name] for name in dimensions)] = record
        return list(chosen.values())

    def _contents(self) -> Iterator[tuple[str, str, Record]]:
        """What the exchange plan covers: everything but the plan itself and parts of others."""
        for name in self._published:
            for record in self.rows(name) or []:
                yield name, self.address_key(name, record), record

    # Keys

    def address_key(self, name: str, record: Record) -> str:
        """What stands in the parentheses of a record's own address."""
        names = self._key_names(name)
        literals = [_literal(key_name, record[key_name]) for key_name in names]
        if len(names) == 1:
            return literals[0]
        return ",".join(f"{one}={literal}" for one, literal in zip(names, literals, strict=True))

    def find(self, name: str, key: Mapping[str, Any]) -> Record | None:
        """The row with this whole key, its values as they stand in JSON."""
        names = self._key_names(name)
        index: dict[tuple[str, ...], Record] = self._kept(
            "index",
            name,
            lambda: {tuple(str(row[one]) for one in names): row for row in self.rows(name) or []},
        )
        return index.get(tuple(str(key[one]) for one in names))

    def key_names(self, name: str) -> tuple[str, ...]:
        """The names a whole key of the set has to give."""
        return self._key_names(name)

    def erase(self, name: str, ref_key: str) -> bool:
        """Remove a catalog item or a document for good; False where the set does not allow it."""
        published = self._published.get(name)
        if published is None or published.dimensions:
            return False
        self._store.onec[published.source].pop(ref_key)
        self._selections.forget()
        return True

    # Rights and order

    def is_hidden(self, record: Record) -> bool:
        """Whether the user has no right to this record: a limited one, to private persons."""
        return self._switches.is_limited and record.get("Ref_Key") in self._private()

    def _private(self) -> set[str]:
        return self._kept("private", "", self._find_private)

    def _find_private(self) -> set[str]:
        store = self._store.onec
        persons = {
            key
            for key, record in store[books.COUNTERPARTIES].items()
            if record["ЮридическоеФизическоеЛицо"] == "ФизическоеЛицо"
        }
        return persons | {
            key
            for rows in store.values()
            for key, record in rows.items()
            if persons.intersection(
                (record.get("Контрагент_Key"), record.get("Контрагент"), record.get("Owner_Key"))
            )
        }

    def order_of(self, reference: str) -> tuple[str, str]:
        """What an order by a reference sorts by: what 1C shows for it, not its text.

        So measured on live bases by the authors of a public client: `$orderby=Ref_Key` is stable,
        but it is not the order in which `Ref_Key gt guid'...'` compares.
        """
        return self._presentations().get(reference, ""), stored_order(reference)

    def _presentations(self) -> dict[str, str]:
        return self._kept(
            "presentations",
            "",
            lambda: {
                key: record.get("Description") or f"{record.get('Date')} {record.get('Number')}"
                for rows in self._store.onec.values()
                for key, record in rows.items()
            },
        )

    def _kept(self, kind: str, name: str, answer: Callable[[], Answer]) -> Answer:
        return self._selections.get(("onec", kind, name), answer)


def _record_sets(records: list[Record]) -> list[Record]:
    """Records of a register gathered by the document that wrote them."""
    sets: dict[str, Record] = {}
    for record in records:
        recorder = {name: record[name] for name in _OF_A_RECORDER}
        kept = sets.setdefault(record["Recorder"], {**recorder, "RecordSet": []})
        kept["RecordSet"].append(record)
    return list(sets.values())


def _literal(name: str, value: Any) -> str:
    """A value of a key as an address spells it."""
    if name == "Period":
        return f"datetime'{value}'"
    if name.endswith("_Key") or name == "Recorder":
        return f"guid'{value}'"
    if name == "LineNumber":
        return str(value)
    return f"'{value}'"
