"""How a Bitrix24 method is asked: parameters in JSON, in a form or in the address, filters, pages.

Where the vendor is silent this stand-in assumes: the old family ignores a filter by a field it does
not know, `crm.item.*` refuses it; bounds of dates compare instants.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from demo.store import Record

PAGE = 50
NO_COUNT = -1
"""`start` of a client that pages by the last id: no total is counted, no next page announced."""

Params = Mapping[str, Any]


class BitrixError(Exception):
    """An error as the vendor writes it; `error` is not always a code."""

    def __init__(self, status: int, error: Any, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}
        if isinstance(error, dict):
            del self.body["error_description"]


@dataclass(frozen=True)
class Rows:
    """The rows of one method in the order of their ids. `id_name` is how a row spells its id;
    `refuses_unknown` whether a filter by an unknown field is an error.
    """

    rows: tuple[Record, ...]
    ids: tuple[int, ...]
    id_name: str
    refuses_unknown: bool = False
    _latest: dict[str, Rows] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, rows: Iterable[Record], id_name: str = "ID", *, strict: bool = False) -> Rows:
        ordered = sorted(rows, key=lambda row: int(row[id_name]))
        return cls(tuple(ordered), tuple(int(row[id_name]) for row in ordered), id_name, strict)

    def that(self, conditions: list[_Condition]) -> Rows:
        """Those that the conditions hold for. The latest choice is kept, for who pages asks again
        and again, and page 400 has to cost no more than page 1.
        """
        if not conditions:
            return self
        asked = repr(conditions)
        if asked not in self._latest:
            self._latest.clear()
            self._latest[asked] = Rows.of(
                (row for row in self.rows if all(one.holds(row) for one in conditions)),
                self.id_name,
            )
        return self._latest[asked]


async def read_params(request: Request) -> Params:
    """Names in lower case; raises BitrixError for a body that cannot be read."""
    params = nested(parse_qsl(request.scope["query_string"].decode("latin-1"), True))
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        try:
            params |= orjson.loads(body or b"{}")
        except (orjson.JSONDecodeError, TypeError):
            raise BitrixError(400, "INVALID_REQUEST", "Invalid JSON") from None
    elif body:
        params |= nested(parse_qsl(body.decode("utf-8"), True))
    return {name.lower(): value for name, value in params.items()}


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`filter[>ID]=5` and `select[]=ID` as PHP reads them."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = (part.removesuffix("]") for part in name.split("["))
        place = root
        for part in path:
            place = place.setdefault(part or str(len(place)), {})
        place[last or str(len(place))] = value
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _listed(one) for name, one in value.items()}
    if list(inside) == [str(place) for place in range(len(inside))]:
        return list(inside.values())
    return inside


def page_of(rows: Rows, params: Params) -> tuple[list[Record], int, int | None]:
    """One page, the total (0 when it is not counted) and what `start` the next one has."""
    conditions = _conditions(rows, _mapping(params, "filter"))
    order = _order(params, rows)
    start = int(params.get("start") or 0)
    after = [one for one in conditions if one.is_after_id(rows.id_name)]
    chosen = rows.that([one for one in conditions if one not in after])
    last = max((int(one.operand) for one in after), default=-1)
    found: Sequence[Record] = chosen.rows[bisect_right(chosen.ids, last) :]
    if order:
        found = _ordered(found, order)
    if start == NO_COUNT:
        return list(found[:PAGE]), 0, None
    end = start + PAGE
    return list(found[start:end]), len(found), end if end < len(found) else None


@dataclass(frozen=True)
class _Condition:
    sign: str
    name: str
    operand: Any

    def holds(self, row: Record) -> bool:
        value = row.get(self.name)
        return _SIGNS[self.sign](value, self.operand)

    def is_after_id(self, id_name: str) -> bool:
        return self.sign == ">" and self.name == id_name and str(self.operand).isdecimal()


def _conditions(rows: Rows, asked: Mapping[str, Any]) -> list[_Condition]:
    known = {name.upper(): name for name in rows.rows[0]} if rows.rows else {}
    found = []
    for key, operand in asked.items():
        word = key.lstrip("<>=!@%")
        sign = key.removesuffix(word)
        # Names in camel case and in capitals are one: tasks are filtered by CHANGED_DATE.
        name = known.get(word.upper()) or known.get(word.replace("_", "").upper())
        if sign not in _SIGNS or name is None:
            if rows.refuses_unknown and rows.rows:
                raise BitrixError(
                    400,
                    "INVALID_ARG_VALUE",
                    f"Invalid filter: field '{word}' is not allowed in filter",
                )
            continue
        if sign in _OF_SEVERAL:
            several = operand if isinstance(operand, list) else [operand]
            operand = [_comparable(one) for one in several]
        found.append(_Condition(sign, name, operand))
    return found


def _mapping(params: Params, name: str) -> Mapping[str, Any]:
    value = params.get(name) or {}
    if not isinstance(value, Mapping):
        raise BitrixError(400, "", f"Parameter '{name}' must be array.")
    return value


def _order(params: Params, rows: Rows) -> list[tuple[str, bool]]:
    """What to sort by besides the ascending id the rows have."""
    asked = params.get("order") or {}
    if isinstance(asked, str):  # `SORT` and `ORDER` of users and of telephony
        asked = {str(params.get("sort") or rows.id_name): asked}
    known = {name.upper(): name for name in rows.rows[0]} if rows.rows else {}
    order = [(known.get(name.upper(), rows.id_name), d.upper()) for name, d in asked.items()]
    if order[:1] == [(rows.id_name, "ASC")]:
        return []
    return [(name, direction == "DESC") for name, direction in order]


def _ordered(rows: Sequence[Record], order: list[tuple[str, bool]]) -> list[Record]:
    found = list(rows)
    for name, is_descending in reversed(order):
        found.sort(key=lambda row: _sortable(row.get(name)), reverse=is_descending)
    return found


def _sortable(value: Any) -> tuple[bool, str, Any]:
    comparable = _comparable(value)
    return value is not None, type(comparable).__name__, comparable


def _comparable(value: Any) -> Any:
    return _read(value) if isinstance(value, str) else value


@lru_cache(maxsize=200_000)
def _read(text: str) -> Any:
    """A whole number, an instant, or the text itself."""
    if text.isdecimal():
        return int(text)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return datetime.fromisoformat(text).timestamp()
    return text


def _compared(sign: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, operand: Any) -> bool:
        left, right = _comparable(value), _comparable(operand)
        is_ordered = isinstance(left, int | float) and isinstance(right, int | float)
        return (is_ordered or (isinstance(left, str) and isinstance(right, str))) and sign(
            left, right
        )

    return holds


def _is_among(value: Any, wanted: list[Any]) -> bool:
    return _comparable(value) in wanted


_OF_SEVERAL = ("", "=", "@", "!", "!=", "!@")
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "": _is_among,
    "=": _is_among,
    "@": _is_among,
    "!": lambda value, operand: not _is_among(value, operand),
    "!=": lambda value, operand: not _is_among(value, operand),
    "!@": lambda value, operand: not _is_among(value, operand),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    "%": lambda value, operand: str(operand).lower() in str(value).lower(),
}
