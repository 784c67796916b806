"""The query options of 1C's OData applied to the rows of a set.

Belongs here: reading the options, choosing, ordering and cutting rows, selecting properties. Does
not belong: the language of `$filter` (`odata_filter`), which sets there are (`onec_infobase`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from demo.odata_filter import BadFilterError, UnknownFunctionError, parse_filter
from demo.odata_functions import BadArgumentError
from demo.onec_answers import BAD_FUNCTION, BAD_OPTION, BAD_PROPERTY, UNSUPPORTED, ODataError
from demo.onec_shapes import Shape
from demo.selections import Record

Options = dict[str, str]
OrderOf = Callable[[str], tuple[str, str]]

_ORDER = re.compile(r"\s*(?P<field>\w+)(?:\s+(?P<direction>asc|desc))?\s*")
_KNOWN = {
    "$filter", "$orderby", "$top", "$skip", "$select", "$inlinecount", "$format", "$allowedOnly",
    "Period", "Condition", "DataExchangePoint", "MessageNo",
}  # fmt: skip
_REFERENCE = re.compile(r"\w*_Key|Recorder")


def read_options(query: bytes) -> Options:
    """The decoded options of a query string; ODataError for one this stand-in does not speak."""
    options = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if "allowedOnly" in options:  # the vendor's own text writes it both ways
        options["$allowedOnly"] = options.pop("allowedOnly")
    unknown = sorted(options.keys() - _KNOWN)
    if unknown:
        raise ODataError(501, UNSUPPORTED, f"Not spoken by the demo company's 1C: {unknown[0]}")
    return options


def choose(rows: list[Record], condition: str, shape: Shape) -> list[Record]:
    """The rows a `$filter` lets through; a property nobody has gives nothing, not an error."""
    if not condition:
        return rows
    try:
        parsed = parse_filter(condition)
        if not parsed.names <= shape.names:
            return []
        return [record for record in rows if parsed.test(record)]
    except (UnknownFunctionError, BadArgumentError) as error:
        raise ODataError(400, BAD_FUNCTION, f"Вызов функции в $filter: {error}") from None
    except BadFilterError as error:
        raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции $filter: {error}") from None


def order(rows: list[Record], text: str, shape: Shape, order_of: OrderOf) -> list[Record]:
    """The rows in the order of `$orderby`; a new list."""
    ordered = list(rows)
    for field, descending in reversed(_read_order(text, shape)):
        ordered.sort(key=_sort_key(field, order_of), reverse=descending)
    return ordered


def _sort_key(field: str, order_of: OrderOf) -> Callable[[Record], Any]:
    if _REFERENCE.fullmatch(field):
        return lambda record: order_of(record[field])
    if field == "LineNumber":
        return lambda record: int(record[field])
    return lambda record: record[field]


def _read_order(text: str, shape: Shape) -> list[tuple[str, bool]]:
    """(field, descending) of each part of `$orderby`. DataVersion cannot be ordered by."""
    keys = []
    for part in text.split(",") if text else []:
        found = _ORDER.fullmatch(part)
        if found is None:
            raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции $orderby: '{part}'")
        field = found["field"]
        if field not in shape.properties or field == "DataVersion":
            raise ODataError(400, BAD_PROPERTY, f"Сортировка по полю '{field}' невозможна")
        keys.append((field, found["direction"] == "desc"))
    return keys


def cut(rows: list[Record], options: Options) -> list[Record]:
    """The page; `$skip` acts before `$top`."""
    skip = _whole(options, "$skip") or 0
    top = _whole(options, "$top")
    return rows[skip:] if top is None else rows[skip : skip + top]


def _whole(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ODataError(400, BAD_OPTION, f"Ошибка разбора опции {name}: '{text}'")
    return int(text)


def select(record: Record, text: str, shape: Shape) -> Record:
    """The named properties: `*` is all, `**` all but the tabular parts, `Часть/Поле` a column."""
    shown: Record = {}
    for name in (part.strip() for part in text.split(",")):
        part, _, column = name.partition("/")
        if name == "*":
            shown |= record
        elif name == "**":
            shown |= {key: value for key, value in record.items() if not isinstance(value, list)}
        elif name in shape.names:
            shown[name] = record.get(name)
        elif part in shape.parts and column in shape.parts[part]:
            _show_column(shown, record, part, column)
        else:
            raise ODataError(400, BAD_PROPERTY, f"Свойство '{name}' не найдено")
    return shown


def _show_column(shown: Record, record: Record, part: str, column: str) -> None:
    rows = shown.setdefault(part, [{} for _ in record[part]])
    for row, held in zip(rows, record[part], strict=True):
        row[column] = held.get(column)
