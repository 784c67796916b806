"""The functions of 1C's `$filter`, each from the values of its arguments to a value.

Belongs here: what the vendor's guide lists (chapter 17.4.5.2) and how a value of a composite
property compares. Does not belong: reading the text of a filter (`odata_filter`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demo.selections import Record

UNDEFINED = "StandardODATA.Undefined"
NAMESPACE = "StandardODATA."
_PRIMITIVES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Number": (int, float),
    "Boolean": (bool,),
    "Date": (datetime,),
}
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class BadArgumentError(ValueError):
    """A function got a value it cannot work with; the vendor's code for it is 21."""


@dataclass(frozen=True)
class Typed:
    """A value of a composite property beside its type: equal only to a value of the same type."""

    value: Any
    type: str


def property_value(record: Record, name: str) -> Any:
    """What a property is in a comparison: with a `_Type` beside it, a `Typed` value."""
    value = record.get(name)
    kind = record.get(f"{name}_Type")
    return value if kind is None else Typed(value, kind)


def cast(value: Any, type_name: str) -> Any:
    """The value as the named type, or nothing if it is of another one."""
    if isinstance(value, Typed):
        return value if value.type == NAMESPACE + type_name else None
    if type_name in _PRIMITIVES:
        return value if isof(value, type_name) else None
    return Typed(value, NAMESPACE + type_name)


def isof(value: Any, type_name: str) -> bool:
    """Whether the value is of the named type: `String`, `Number`, `Catalog_X`..."""
    if isinstance(value, Typed):
        return value.type == NAMESPACE + type_name
    if type_name not in _PRIMITIVES:
        return False
    if type_name == "Date":
        return isinstance(value, str) and _is_moment(value)
    if isinstance(value, bool) and type_name != "Boolean":
        return False
    return isinstance(value, _PRIMITIVES[type_name])


def _is_moment(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text) is not None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadArgumentError(f"a string is expected, not {value!r}")
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _is_moment(value):
        raise BadArgumentError(f"a date is expected, not {value!r}")
    return datetime.fromisoformat(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadArgumentError(f"a whole number is expected, not {value!r}")
    return int(value)


def _like(value: Any, template: Any) -> bool:
    """`ПОДОБНО` of the query language: `%` any run, `_` any letter, `[абв]` and `[^а]` sets."""
    pattern = "".join(
        {"%": ".*", "_": "."}.get(piece, piece if piece.startswith("[") else re.escape(piece))
        for piece in re.findall(r"\[[^\]]*\]|.", _text(template), re.DOTALL)
    )
    return re.fullmatch(pattern, _text(value), re.DOTALL) is not None


def _substring(value: Any, start: Any, length: Any = None) -> str:
    """From position `start`, the first letter being 1 as in 1C's own language."""
    begin = _whole(start) - 1
    text = _text(value)
    return text[begin:] if length is None else text[begin : begin + _whole(length)]


def _dateadd(value: Any, unit: Any, count: Any) -> str:
    moment, number = _moment(value), _whole(count)
    if unit in _UNITS:
        return (moment + timedelta(seconds=_UNITS[unit] * number)).isoformat()
    if unit not in _MONTHS:
        raise BadArgumentError(f"no such unit: {unit!r}")
    month = moment.year * 12 + moment.month - 1 + number * _MONTHS[unit]
    first = moment.replace(year=month // 12, month=month % 12 + 1, day=1)
    last_day = ((first + timedelta(days=31)).replace(day=1) - timedelta(days=1)).day
    return first.replace(day=min(moment.day, last_day)).isoformat()


def _seconds(moment: datetime) -> int:
    return moment.toordinal() * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second


def _datedifference(earlier: Any, later: Any, unit: Any) -> int:
    one, other = _moment(earlier), _moment(later)
    if unit in _UNITS:
        return _seconds(other) // _UNITS[unit] - _seconds(one) // _UNITS[unit]
    if unit not in _MONTHS:
        raise BadArgumentError(f"no such unit: {unit!r}")
    months = [(moment.year * 12 + moment.month - 1) // _MONTHS[unit] for moment in (one, other)]
    return months[1] - months[0]


FUNCTIONS: dict[str, tuple[tuple[int, ...], Callable[..., Any]]] = {
    "startswith": ((2,), lambda value, start: _text(value).startswith(_text(start))),
    "endswith": ((2,), lambda value, end: _text(value).endswith(_text(end))),
    "substringof": ((2,), lambda part, value: _text(part) in _text(value)),
    "substring": ((2, 3), _substring),
    "concat": ((2,), lambda one, other: _text(one) + _text(other)),
    "like": ((2,), _like),
    "year": ((1,), lambda value: _moment(value).year),
    "quarter": ((1,), lambda value: (_moment(value).month + 2) // 3),
    "month": ((1,), lambda value: _moment(value).month),
    "day": ((1,), lambda value: _moment(value).day),
    "hour": ((1,), lambda value: _moment(value).hour),
    "minute": ((1,), lambda value: _moment(value).minute),
    "second": ((1,), lambda value: _moment(value).second),
    "dayofweek": ((1,), lambda value: _moment(value).isoweekday()),
    "dayofyear": ((1,), lambda value: _moment(value).timetuple().tm_yday),
    "dateadd": ((3,), _dateadd),
    "datedifference": ((3,), _datedifference),
    "round": ((1,), lambda value: int(float(value) + 0.5) if value is not None else None),
    "cast": ((2,), cast),
    "isof": ((2,), isof),
}
"""Name -> how many arguments it takes, what it does."""
