"""Which records are one call, written from the agreed meaning alone: a row of the exchange and a
record of the CRM are one call by the exchange's id, else by number, user and a start within 60
seconds, each with one other. Short and slow on purpose: it must be right by reading it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOSE = timedelta(seconds=60)
EXCHANGE = 1


@dataclass(frozen=True)
class CallRecord:
    """`trust` 1 is the exchange's row, 2 the CRM's telephony, 3 a note. A `user` or `phone` that
    is not known is None."""

    record_id: str
    trust: int
    key: str | None
    direction: str
    started_at: datetime
    phone: str | None
    user: str | None
    talk: int


@dataclass(frozen=True)
class Call:
    call_id: str
    record_ids: frozenset[str]
    direction: str
    started_at: datetime
    phone: str | None
    user: str | None
    talk: int


def calls_of(records: Iterable[CallRecord]) -> list[Call]:
    groups = by_key(records)
    exchanges = [group for group in groups if all(one.trust == EXCHANGE for one in group)]
    of_crm = [group for group in groups if all(one.trust != EXCHANGE for one in group)]
    candidates = sorted(
        (
            (abs(one.started_at - two.started_at), one.started_at, name(left), name(right)),
            left,
            right,
        )
        for left in exchanges
        for right in of_crm
        if may_be_one(one := left[0], two := right[0])
    )
    paired: list[list[CallRecord]] = []
    for _, left, right in candidates:
        if left not in paired and right not in paired:
            paired += [left, right]
            groups.remove(left)
            groups.remove(right)
            groups.append(most_trusted_first([*left, *right]))
    return [told_by(group) for group in groups]


def by_key(records: Iterable[CallRecord]) -> list[list[CallRecord]]:
    """Records with one id of the exchange are one; a record without an id is alone."""
    found: dict[tuple[str, str], list[CallRecord]] = defaultdict(list)
    for record in records:
        found[("key", record.key) if record.key else ("record", record.record_id)].append(record)
    return [most_trusted_first(group) for group in found.values()]


def most_trusted_first(group: Iterable[CallRecord]) -> list[CallRecord]:
    return sorted(group, key=lambda one: (one.trust, one.started_at, one.record_id))


def name(group: Sequence[CallRecord]) -> str:
    first = group[0]
    return f"key:{first.key}" if first.key else f"record:{first.record_id}"


def may_be_one(left: CallRecord, right: CallRecord) -> bool:
    return (
        left.phone is not None
        and (left.phone, left.direction) == (right.phone, right.direction)
        and (left.user is None or right.user is None or left.user == right.user)
        and abs(left.started_at - right.started_at) <= CLOSE
    )


def told_by(group: Sequence[CallRecord]) -> Call:
    """The most trusted record tells the call; who it was with, whoever knows."""
    first = group[0]
    return Call(
        first.record_id,
        frozenset(one.record_id for one in group),
        first.direction,
        first.started_at,
        next((one.phone for one in group if one.phone), None),
        next((one.user for one in group if one.user), None),
        first.talk,
    )
