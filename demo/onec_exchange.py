"""An exchange plan of 1C: who gets to know of changes, and which changes they do not know of yet.

A change is registered for a node when a record was written, created or erased since. Selecting
gives every registered change and marks it with the number of the message; confirming that number
forgets those not written again in between. So what is not confirmed is sent again.

Belongs here: registration, numbers and confirmation. Does not belong: Atom, HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from demo.accounting_records import data_version
from demo.selections import Record

EXCHANGE_PLAN = "ExchangePlan_ВыгрузкаВХранилище"
THIS_NODE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a7001"
WAREHOUSE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a7002"

Changed = tuple[str, str]
"""An entity set and what stands in the parentheses of the record's address."""
Versions = dict[Changed, str]


@dataclass
class Exchange:
    """The plan with its one receiving node. `contents` gives (set, key, record) of all it covers.

    Nothing is registered before the node was made: here, before the server started.
    """

    contents: Callable[[], Iterator[tuple[str, str, Record]]]
    sent_no: int = 0
    received_no: int = 0
    _known: Versions = field(init=False)
    _registered: dict[Changed, int | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._known = self._versions()

    def nodes(self) -> list[Record]:
        """The nodes as the catalog of the plan shows them, this base's own first."""
        return [
            _node(THIS_NODE_KEY, "00", "Бухгалтерия", 0, 0, is_this=True),
            _node(WAREHOUSE_KEY, "01", "Хранилище", self.sent_no, self.received_no, is_this=False),
        ]

    def select(self, message_no: int) -> list[Changed]:
        """Everything registered and not confirmed, now under this number."""
        self._register()
        for changed in self._registered:
            self._registered[changed] = message_no
        self.sent_no = max(self.sent_no, message_no)
        return list(self._registered)

    def confirm(self, message_no: int) -> None:
        """The message arrived; ValueError for one that was never sent."""
        if message_no > self.sent_no:
            raise ValueError(f"message {message_no} was not sent, the last is {self.sent_no}")
        self._register()
        self._registered = {
            changed: sent
            for changed, sent in self._registered.items()
            if sent is None or sent > message_no
        }
        self.received_no = max(self.received_no, message_no)

    def _register(self) -> None:
        """Find what was written since anybody looked; a new change has no number yet."""
        now = self._versions()
        for changed in [*now, *(self._known.keys() - now.keys())]:
            if now.get(changed) != self._known.get(changed):
                self._registered[changed] = None
        self._known = now

    def _versions(self) -> Versions:
        return {(name, key): _version(record) for name, key, record in self.contents()}


def _version(record: Record) -> str:
    """What changes with every write: registers have no version of their own."""
    return record.get("DataVersion") or orjson.dumps(record).decode()


def _node(key: str, code: str, name: str, sent: int, received: int, *, is_this: bool) -> Record:
    return {
        "Ref_Key": key,
        "DataVersion": data_version(sent << 8 | received),
        "DeletionMark": False,
        "Predefined": is_this,
        "PredefinedDataName": "ЭтотУзел" if is_this else "",
        "Code": code,
        "Description": name,
        "SentNo": str(sent),
        "ReceivedNo": str(received),
        "ThisNode": is_this,
    }
