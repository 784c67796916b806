"""The query language of amoCRM v4 lists: `page`, `limit`, `with`, `filter[...]`, `order[...]`.

What belongs here: reading a query string and choosing records by it. Not: routes and envelopes.
A filter or an order the vendor does not document for a list is refused with 400, so that no
client comes to rely on it (the vendor itself may silently ignore it, which is worse for a test).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Record = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]
Order = tuple[tuple[str, bool], ...]

DEFAULT_LIMIT = 50

_BRACKETED = re.compile(r"(filter|order)((?:\[[^\[\]]*\])+)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


class BadQueryError(Exception):
    """A parameter that cannot be understood. `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True)
class Collection:
    """One list of the API: where its records lie and what may be asked of it.

    `values` maps the name of a filter to the field it compares; `ranges` are filters by
    `[from]`/`[to]`, both ends included; `stages` names the filters by (pipeline, status) pairs: of
    the record, or of an event's `value_after` and `value_before`. `path` may hold the
    `{parent_id}` of the records listed under it; they carry it in a field of that name.
    """

    store_key: str
    embedded_key: str
    path: str
    values: dict[str, str]
    ranges: frozenset[str] = frozenset()
    orderable: frozenset[str] = frozenset()
    stages: tuple[str, ...] = ()
    max_limit: int = 250
    default_order: Order = (("id", False),)
    counts_total: bool = False


@dataclass(frozen=True)
class Condition:
    """One filter: `kind` is "any" of (strings), "from", "to" (integers), "stages" (pairs) or
    "words" (text).
    """

    kind: str
    field: str
    operand: Any


@dataclass(frozen=True)
class ListQuery:
    """A read query string; `order` holds (field, descending)."""

    page: int
    limit: int
    extras: frozenset[str]
    conditions: tuple[Condition, ...]
    order: Order


def read_pairs(query_string: bytes) -> Pairs:
    """Decoded (name, value) pairs in the order given; brackets may come percent-encoded."""
    return tuple(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))


def read_query(pairs: Pairs, collection: Collection) -> ListQuery:
    """Understand the query of one list; raises BadQueryError."""
    plain = dict(pairs)
    order = []
    operands: dict[tuple[str, str], list[Any]] = {}
    stages: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in pairs:
        found = _BRACKETED.fullmatch(name)
        if found is None:
            continue
        path = _SEGMENT.findall(found.group(2))
        if found.group(1) == "order":
            order.append(_read_order(name, path, value, collection))
        elif len(path) > 2 and "/".join(path[:-2]) in collection.stages:
            stages.setdefault(("/".join(path[:-2]), path[-2]), {})[path[-1]] = value
        else:
            kind, field, more = _read_filter(name, path, value, collection)
            operands.setdefault((kind, field), []).extend(more)
    for (where, _), pair in stages.items():
        operands.setdefault(("stages", where), []).append(_read_stage(pair))
    if plain.get("query"):
        operands["words", "query"] = [plain["query"].lower()]
    limit = _positive("limit", plain.get("limit", str(DEFAULT_LIMIT)))
    return ListQuery(
        page=_positive("page", plain.get("page", "1")),
        limit=min(limit, collection.max_limit),
        extras=frozenset(name for name in plain.get("with", "").split(",") if name),
        conditions=tuple(
            Condition(kind, field, frozenset(values) if kind in ("any", "stages") else values[-1])
            for (kind, field), values in operands.items()
        ),
        order=tuple(order) or collection.default_order,
    )


def ordered(records: Iterable[Record], order: Order) -> list[Record]:
    """The records in the given order; equal ones by their key. No copies."""
    rows = sorted(records, key=_key_of)
    for field, descending in reversed(order):
        rows.sort(key=_sort_key(field), reverse=descending)
    return rows


def chosen(rows: list[Record], query: ListQuery) -> list[Record]:
    """Those of the `ordered` rows that satisfy the query's conditions, in the same order."""
    field, descending = query.order[0]
    if not descending:  # a range of what the list is ordered by needs no look at every row
        for condition in query.conditions:
            if condition.field == field and condition.kind == "from":
                rows = rows[bisect_left(rows, condition.operand, key=_sort_key(field)) :]
            elif condition.field == field and condition.kind == "to":
                rows = rows[: bisect_right(rows, condition.operand, key=_sort_key(field))]
    tests = [
        _predicate(condition)
        for condition in query.conditions
        if descending or condition.field != field or condition.kind not in ("from", "to")
    ]
    return [row for row in rows if all(test(row) for test in tests)] if tests else rows


def _key_of(record: Record) -> Any:
    return record["uid"] if "uid" in record else record["id"]


def _sort_key(field: str) -> Callable[[Record], Any]:
    if field == "id":
        return _key_of
    return lambda record: record.get(field) or 0


def _read_order(name: str, path: list[str], value: str, collection: Collection) -> tuple[str, bool]:
    field = path[0]
    if len(path) != 1 or field not in collection.orderable:
        allowed = ", ".join(sorted(collection.orderable)) or "nothing"
        raise BadQueryError(name, f"This list is ordered by {allowed}")
    if value not in ("asc", "desc"):
        raise BadQueryError(name, "The direction is asc or desc")
    return field, value == "desc"


def _read_filter(
    name: str, path: list[str], value: str, collection: Collection
) -> tuple[str, str, list[Any]]:
    """The kind of a condition, its field and its operands."""
    field, *rest = path
    if field in collection.ranges and rest in ([], ["from"], ["to"]):
        return ("to" if rest == ["to"] else "from"), field, [_whole(name, value)]
    if field in collection.values and len(rest) <= 1:
        operands = [value] if rest else value.split(",")
        return "any", collection.values[field], operands
    raise BadQueryError(name, "This list has no such filter")


def _read_stage(pair: dict[str, str]) -> tuple[int, int]:
    if pair.keys() != {"pipeline_id", "status_id"}:
        raise BadQueryError("filter[statuses]", "pipeline_id and status_id are required together")
    return (
        _whole("filter[statuses]", pair["pipeline_id"]),
        _whole("filter[statuses]", pair["status_id"]),
    )


def _whole(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadQueryError(name, "An integer is expected") from None


def _positive(name: str, value: str) -> int:
    number = _whole(name, value)
    if number < 1:
        raise BadQueryError(name, "The value must be 1 or more")
    return number


def _predicate(condition: Condition) -> Callable[[Record], bool]:
    field, operand = condition.field, condition.operand
    if condition.kind == "any":
        return lambda record: _as_text(record.get(field)) in operand
    if condition.kind == "from":
        return lambda record: record.get(field) is not None and record[field] >= operand
    if condition.kind == "to":
        return lambda record: record.get(field) is not None and record[field] <= operand
    if condition.kind == "words":
        return lambda record: _mentions(record, operand)
    if field == "statuses":
        return lambda record: (record["pipeline_id"], record["status_id"]) in operand
    side = field.split("/")[0]
    return lambda record: not operand.isdisjoint(_stages_of(record[side]))


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _stages_of(values: list[Record]) -> set[tuple[int | None, int]]:
    return {
        (stage.get("pipeline_id"), stage["id"])
        for value in values
        if (stage := value.get("lead_status"))
    }


def _mentions(record: Record, text: str) -> bool:
    """Whether a filled field of the card holds the text: `query` looks at what people wrote."""
    written = [record.get("name")]
    for field in record.get("custom_fields_values") or []:
        written += [value.get("value") for value in field["values"]]
    return any(text in str(one).lower() for one in written if one is not None)
