"""Text becomes dates and numbers as files.yml declares them, a whole column at a time.

What belongs here: the forms people write dates and numbers in. What does not: where the text came
from. A value that does not have the declared form is an UnreadableError, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sources.exports.declarations import DateOrder

DATE = pa.timestamp("us")
NUMBER = pa.decimal128(38, 9)

_PARTS = {
    "day": r"(?P<day>\d{1,2})",
    "month": r"(?P<month>\d{1,2})",
    "year": r"(?P<year>\d{4}|\d{2})",
}
_CLOCK = r"(?:[ T]+(?P<hour>\d{1,2})(?P<rest>:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?"
_ORDERS: dict[DateOrder, tuple[str, str, str]] = {
    "day_first": ("day", "month", "year"),
    "month_first": ("month", "day", "year"),
    "year_first": ("year", "month", "day"),
}
_SPACES = " \u00a0\u202f"
"""A space between thousands is often one that does not break a line."""


class UnreadableError(Exception):
    """`row` (from 0) is the first whose text has not the declared form."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row} is not as declared")


def read_dates(texts: pa.Array, order: DateOrder) -> pa.Array:
    """`31.12.2026`, `31/12/26`, `31-12-2026 9:05`, `31.12.2026 9:05:00` in the order given, and
    `2026-12-31 09:05:00`, which cannot be misread, in any; a year of two digits is of this century.
    Empty text is null. Raises UnreadableError.
    """
    texts = _trimmed(texts)
    pattern = "^" + "[./-]".join(_PARTS[part] for part in _ORDERS[order]) + _CLOCK + "$"
    parts = pc.extract_regex(texts, pattern=pattern)

    def part(name: str) -> pa.Array:
        return pc.struct_field(parts, name)

    def two_digits(values: pa.Array) -> pa.Array:
        return pc.utf8_lpad(values, 2, "0")

    year, rest = part("year"), part("rest")
    is_short = pc.equal(pc.binary_length(year), 2)
    year = pc.if_else(is_short, pc.binary_join_element_wise("20", year, ""), year)
    rest = pc.if_else(pc.equal(rest, ""), ":00", rest)
    day = pc.binary_join_element_wise(year, two_digits(part("month")), two_digits(part("day")), "-")
    clock = pc.binary_join_element_wise(two_digits(part("hour")), rest, "")
    written = pc.coalesce(pc.binary_join_element_wise(day, clock, " "), texts)
    return _cast(written, lambda values: values.cast(DATE))


def read_numbers(texts: pa.Array, decimal: str, thousands: str) -> pa.Array:
    """`-1 234,56` with the declared signs, exactly; empty text is null.

    Thousands have to stand in threes, so that 58.9 is refused where a point divides thousands.
    Raises UnreadableError.
    """
    texts = _trimmed(texts)
    between = f"[{_SPACES}]" if thousands == " " else f"[{thousands}]"
    grouped = rf"|\d{{1,3}}(?:{between}\d{{3}})+" if thousands else ""
    is_number = pc.match_substring_regex(
        texts, pattern=rf"^[+-]?(?:\d+{grouped})(?:[{decimal}]\d+)?$"
    )
    if pc.any(pc.invert(is_number)).as_py():
        raise UnreadableError(pc.index(is_number, False).as_py())
    for sign in _SPACES if thousands == " " else thousands:
        texts = pc.replace_substring(texts, sign, "")
    if decimal != ".":
        texts = pc.replace_substring(texts, decimal, ".")
    return _cast(texts, lambda values: values.cast(NUMBER))


def _trimmed(texts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _cast(texts: pa.Array, cast: Callable[[pa.Array], pa.Array]) -> pa.Array:
    try:
        return cast(texts)
    except pa.ArrowInvalid:  # its text holds the value
        pass
    for row in range(len(texts)):
        try:
            cast(texts.slice(row, 1))
        except pa.ArrowInvalid:
            raise UnreadableError(row) from None
    raise AssertionError("a column is cast when each of its values is")
