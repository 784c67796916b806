"""The change feed of an exchange plan: which objects were written or erased since the last message.

1C registers changes for a node of the plan, gives all registered ones for a message number, and
forgets them when that number is confirmed. A message is confirmed at the start of the run after the
one that landed it: its row in raw (`exchange_messages`) became visible in one transaction with its
changes, so a run that was killed gets the same changes again.

The feed only says which objects; what they hold is asked for by key, in JSON like everything else.
What does not belong here: what a table makes of a change (`resources`).
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from xml.parsers import expat

from ingestion.catalog import Held
from ingestion.errors import SettingsError, TableRefusedError
from ingestion.http import AnswerRefusedError, Query
from ingestion.sources.onec.client import OneCClient
from ingestion.sources.onec.tables import MESSAGES

_NODE = re.compile(r"ExchangePlan_\w+\(guid'[0-9a-fA-F-]{36}'\)")
_ADDRESS = re.compile(r".*/(?P<entity>\w+)\((?:guid'(?P<key>[0-9a-fA-F-]{36})'\)$)?")
_ATOM = "http://www.w3.org/2005/Atom "
_DELETED = "http://purl.org/atompub/tombstones/1.0 deleted-entry"


@dataclass(frozen=True)
class Changes:
    """One message. `landed_no` is the message whose changes are in raw (None before the first);
    `changed` and `erased` have the keys of objects by entity, an entity alone for its records.
    """

    message_no: int
    landed_no: int | None
    changed: Mapping[str, frozenset[str]]
    erased: Mapping[str, frozenset[str]]

    def has(self, entity: str) -> bool:
        return entity in self.changed or entity in self.erased

    def keys(self, entity: str) -> frozenset[str]:
        return self.changed.get(entity, frozenset()) | self.erased.get(entity, frozenset())


class Exchange:
    """One node of an exchange plan, asked once a run; may be used from several threads."""

    def __init__(self, client: OneCClient, node: str, held: Held) -> None:
        if not _NODE.fullmatch(node):
            raise SettingsError(
                f"ONEC_EXCHANGE_NODE={node} is not the address of a node; write it as "
                "ExchangePlan_Name(guid'00000000-0000-0000-0000-000000000000')"
            )
        self.node = node
        self._client = client
        self._held = held
        self._asking = threading.Lock()
        self._answer: Changes | TableRefusedError | None = None

    def changes(self) -> Changes:
        """Confirms what was landed and selects what is new.

        Raises TableRefusedError, to every caller the same, when the plan cannot be used.
        """
        with self._asking:
            if self._answer is None:
                try:
                    self._answer = self._select()
                except TableRefusedError as error:
                    self._answer = error
        if isinstance(self._answer, TableRefusedError):
            raise self._answer
        return self._answer

    def numbers(self) -> tuple[int, int]:
        """The last message that was sent to the node, and the last it confirmed."""
        try:
            node = self._client.one(MESSAGES, self.node)
        except AnswerRefusedError as error:
            raise self._refused(error) from None
        return int(node["SentNo"]), int(node["ReceivedNo"])

    def _select(self) -> Changes:
        held = self._held(MESSAGES, ("message_no", "node"))
        landed = max((int(number) for number, node in held if node == self.node), default=None)
        sent, received = self.numbers()
        if landed is not None and received < landed <= sent:
            self._call("NotifyChangesReceived", landed)
        message_no = max(sent, landed or 0) + 1
        changed, erased = read_feed(self._call("SelectChanges", message_no))
        return Changes(message_no, landed, changed, erased)

    def _call(self, function: str, message_no: int) -> bytes:
        point = f"'{self._client.base_url}/{self.node}'"
        arguments: Query = [("DataExchangePoint", point), ("MessageNo", message_no)]
        try:
            return self._client.call(MESSAGES, function, arguments)
        except AnswerRefusedError as error:
            raise self._refused(error) from None

    def _refused(self, error: AnswerRefusedError) -> TableRefusedError:
        return TableRefusedError(
            "onec",
            MESSAGES,
            f"the exchange plan cannot be used: {error.what}",
            f"Check ONEC_EXCHANGE_NODE ({error.what_to_do}); until then the same is read by dates",
        )


def read_feed(body: bytes) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Keys of the changed and of the erased objects of an Atom feed, by entity.

    Raises TableRefusedError for what is no feed or was cut short.
    """
    reading = _FeedReading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _no_feed() from None
    return _frozen(reading.changed), _frozen(reading.erased)


class _FeedReading:
    """Takes the address of each entry; what is inside its content is passed over."""

    def __init__(self) -> None:
        self.changed: dict[str, set[str]] = defaultdict(set)
        self.erased: dict[str, set[str]] = defaultdict(set)
        self._depth = 0
        self._address: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if name == _DELETED:
            _add(self.erased, attributes["ref"])
        elif name == f"{_ATOM}id" and self._depth == 3:  # feed, entry, id
            self._address = []
        elif self._depth == 1 and name != f"{_ATOM}feed":
            raise _no_feed()

    def text(self, text: str) -> None:
        if self._address is not None:
            self._address.append(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._address is not None:
            _add(self.changed, "".join(self._address))
            self._address = None


def _add(keys: dict[str, set[str]], address: str) -> None:
    """Records of registers have longer keys; of them only the entity is kept."""
    found = _ADDRESS.match(unquote(address))
    if found is None:
        raise _no_feed()
    keys[found["entity"]].update([found["key"]] if found["key"] else [])


def _frozen(keys: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {entity: frozenset(some) for entity, some in keys.items()}


def _refuse_doctype(*declared: object) -> None:
    raise _no_feed()


def _no_feed() -> TableRefusedError:
    return TableRefusedError(
        "onec",
        MESSAGES,
        "the changes came in a shape that is not understood or cut short",
        "Run again, and if it repeats unset ONEC_EXCHANGE_NODE; until then the same is read by "
        "dates",
    )
