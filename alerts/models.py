"""The nouns of alerting, each frozen: what SQL found, what was decided, what is said, how it went.

No behaviour beyond small derived facts belongs here: rules of speaking are in `decide`, words in
`message`, wire formats in `formats`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self

# The handshake with dbt: the columns of mart_alerts.alert_candidates.
# A test compares them with the model's contract, so neither side can change alone.
CANDIDATE_COLUMNS = (
    "alert_rule",
    "candidate_key",
    "manager_id",
    "manager_name",
    "observed_value",
    "threshold_value",
    "unit",
    "since_at",
    "severity",
    "example_records",
    "details",
    "evaluated_at",
)


class AlertsError(Exception):
    """Alerting cannot go on; the text is one sentence saying what to do, free of secrets."""


class Severity(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    ALERT = "alert"
    RECOVERED = "recovered"


class Form(StrEnum):
    """A message of its own, or a line in the day's digest."""

    SINGLE = "single"
    DIGEST = "digest"


class Status(StrEnum):
    """What the log knows of a delivery. Only `failed` is certainly not in the person's hands."""

    RESERVED = "reserved"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Because(StrEnum):
    """Why a person should hear of it."""

    NEW = "new"
    WORSE = "worse"
    REMINDER = "reminder"
    RECOVERED = "recovered"


class Held(StrEnum):
    """Why a person does not hear of it now."""

    ALREADY_TOLD = "already_told"
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    DAILY_CAP = "daily_cap"


@dataclass(frozen=True)
class Record:
    """One example record: what it is called, where to open it, what is wrong with it."""

    title: str
    url: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Candidate:
    """One row of `mart_alerts.alert_candidates`: a problem that exists now, whoever hears of it.

    `key` is unique and stable while the problem lasts; who hears of it is the policy's matter.
    `examples` come at most three, worst first. `observed` and `threshold` are in `unit`.
    """

    rule: str
    key: str
    manager_id: str | None
    manager_name: str | None
    observed: float
    threshold: float
    unit: str
    since_at: datetime | None
    severity: Severity
    evaluated_at: datetime
    examples: tuple[Record, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def direction(self) -> int:
        """+1 where more is worse, -1 where less is worse, told by the side of the norm it is on."""
        return -1 if self.observed < self.threshold else 1

    @property
    def excess(self) -> float:
        """How far beyond the norm, as a share of the norm; only for ordering worst first."""
        distance = abs(self.observed - self.threshold)
        return distance / abs(self.threshold) if self.threshold else distance


@dataclass(frozen=True)
class Recipient:
    """A person or a group chat. `chat` is None where nobody configured one."""

    id: str
    role: str
    name: str
    chat: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PastDelivery:
    """One row of the log: this recipient was told (or was tried to be told) of this candidate."""

    candidate: Candidate
    recipient_id: str
    kind: Kind
    form: Form
    status: Status
    sequence: int
    message_id: str
    told_at: datetime

    @property
    def is_told(self) -> bool:
        """Reserved and unknown count as told: a doubtful message is never repeated by itself."""
        return self.status is not Status.FAILED


@dataclass(frozen=True)
class History:
    """The log as `decide` needs it, for one channel."""

    last_told: Mapping[tuple[str, str], PastDelivery]
    next_sequence: Mapping[tuple[str, str], int]
    singles_today: Mapping[str, int]
    had_digest_today: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[PastDelivery], *, day_start: datetime) -> Self:
        """Fold log rows. A row counts for today when told at or after `day_start`."""
        last_told: dict[tuple[str, str], PastDelivery] = {}
        next_sequence: dict[tuple[str, str], int] = {}
        singles: dict[str, set[str]] = {}
        digests: set[str] = set()
        for row in sorted(rows, key=lambda past: past.sequence):
            pair = (row.recipient_id, row.candidate.key)
            next_sequence[pair] = row.sequence + 1
            if not row.is_told:
                continue
            last_told[pair] = row
            if row.told_at >= day_start:
                if row.form is Form.DIGEST:
                    digests.add(row.recipient_id)
                else:
                    singles.setdefault(row.recipient_id, set()).add(row.message_id)
        counts = {recipient_id: len(messages) for recipient_id, messages in singles.items()}
        return cls(last_told, next_sequence, counts, frozenset(digests))


@dataclass(frozen=True)
class Decision:
    """For one candidate and one recipient: speak now (`held` is None) or hold, and why.

    `until` is the first moment a held one may go; None when it waits for a change, not for a time.
    `past` is what the recipient last heard of it. For a recovery `candidate` is the one last told.
    `sequence` numbers the tellings of this candidate to this recipient: two senders that decide
    alike reserve the same number, and the log lets one of them have it.
    """

    candidate: Candidate
    recipient: Recipient
    kind: Kind
    form: Form
    because: Because
    held: Held | None
    until: datetime | None
    sequence: int
    past: PastDelivery | None = None

    @property
    def is_sent_now(self) -> bool:
        return self.held is None


@dataclass(frozen=True)
class Section:
    """One problem, worded: facts, then the worst records, then what to do."""

    title: str | None
    facts: tuple[str, ...]
    records_title: str = ""
    records: tuple[Record, ...] = ()
    advice: str = ""


@dataclass(frozen=True)
class Message:
    """What one recipient reads at once, free of any wire format."""

    recipient: Recipient
    form: Form
    heading: str
    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...]
    is_urgent: bool = False

    @property
    def id(self) -> str:
        """Same tellings to the same person, same id: lets a reader of the outbox drop doubles."""
        parts = sorted(f"{each.candidate.key}#{each.sequence}" for each in self.decisions)
        return hashlib.sha256("\n".join([self.recipient.id, *parts]).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Outcome:
    """What a channel says of one message.

    `address_is_dead`: nobody will ever read it there. `new_address`: where it really went.
    `stop`: the channel itself is out of order (wrong token, flood wait), try no more this time.
    """

    status: Status
    note: str = ""
    address_is_dead: bool = False
    new_address: str | None = field(default=None, repr=False)
    stop: bool = False


class Channel(Protocol):
    """A way to people. `send` returns an `Outcome` for anything that can happen on the way."""

    @property
    def name(self) -> str: ...

    def address(self, recipient: Recipient) -> str | None:
        """Where this channel reaches the recipient; None when it cannot."""

    def send(self, message: Message, address: str, *, now: datetime) -> Outcome: ...


@dataclass(frozen=True)
class Delivery:
    """One message and its fate. `status` is None when it was not tried: `note` says why."""

    message: Message
    status: Status | None
    note: str = ""


@dataclass(frozen=True)
class DeliveryReport:
    """One `deliver`: what went, what did not, what waits, and what a person should look at."""

    channel: str
    deliveries: tuple[Delivery, ...] = field(repr=False)
    held: tuple[Decision, ...] = field(repr=False)
    problems: tuple[str, ...]

    def count(self, status: Status | None) -> int:
        return sum(delivery.status is status for delivery in self.deliveries)

    def __str__(self) -> str:
        """Counts only: what was said names customers, and this is what callers log."""
        waiting = sum(each.held is not Held.ALREADY_TOLD for each in self.held)
        counts = [
            f"{self.channel}: {self.count(Status.SENT)} sent",
            f"{self.count(Status.FAILED)} failed",
            f"{self.count(Status.UNKNOWN)} unknown",
            f"{self.count(None)} not tried",
            f"{waiting} waiting for their hour",
            f"{len(self.held) - waiting} told before",
        ]
        return "; ".join([", ".join(counts), *self.problems])

    @property
    def is_clean(self) -> bool:
        """False when a person should look: a message failed, may be lost, or a rule is unknown."""
        return (
            not self.problems and not self.count(Status.FAILED) and not self.count(Status.UNKNOWN)
        )
