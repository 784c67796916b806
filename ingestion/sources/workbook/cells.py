"""What people type into a cell becomes a date, a month, a number or one of a list's words.

What belongs here: the forms people write in. What does not: where the cell stands (`reader`) and
what is said about it (`sentences`). A cell is never guessed: text that can be read in two ways is
refused by an UnreadableCellError with the name of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ingestion.sources.workbook.layout import Column, Words

MONTHS = (
    ("январь", "января", "січень", "січня", "january", "jan"),
    ("февраль", "февраля", "лютий", "лютого", "february", "feb"),
    ("март", "марта", "березень", "березня", "march", "mar"),
    ("апрель", "апреля", "квітень", "квітня", "april", "apr"),
    ("май", "мая", "травень", "травня", "may"),
    ("июнь", "июня", "червень", "червня", "june", "jun"),
    ("июль", "июля", "липень", "липня", "july", "jul"),
    ("август", "августа", "серпень", "серпня", "august", "aug"),
    ("сентябрь", "сентября", "вересень", "вересня", "september", "sep"),
    ("октябрь", "октября", "жовтень", "жовтня", "october", "oct"),
    ("ноябрь", "ноября", "листопад", "листопада", "november", "nov"),
    ("декабрь", "декабря", "грудень", "грудня", "december", "dec"),
)
_MONTH_NUMBER = {word: number for number, words in enumerate(MONTHS, 1) for word in words}
_CURRENCY = re.compile(r"(?:₽|руб\.?|р\.|rub|грн\.?|₴|uah|\$|€)$", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?: г\.?)?")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?")


class UnreadableCellError(Exception):
    """`sentence` names what is wrong, in the words of `sentences`."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def clean(cell: Any) -> Any:
    """A cell without what is not seen: spaces around, unbreakable spaces; nothing is None."""
    if not isinstance(cell, str):
        return cell
    return re.sub(r"\s+", " ", cell).strip() or None


def read(cell: Any, column: Column) -> Any:
    """The value of a cell that is not blank. Raises UnreadableCellError."""
    if column.kind == "date":
        return _date(cell).isoformat()
    if column.kind == "month":
        return month(cell).isoformat()
    if column.values:
        found = _listed(cell, column.values)
        return found == "true" if column.kind == "yes_no" else found
    if column.kind == "text":
        return text(cell)
    number = _number(cell)
    if column.kind == "number":
        return number
    if number < 0:
        raise UnreadableCellError("negative")
    if column.kind == "amount":
        return number
    if number != number.to_integral_value():
        raise UnreadableCellError("not_whole")
    if column.kind in ("score", "points") and number > 10:
        raise UnreadableCellError("not_a_score")
    return int(number)


def text(cell: Any) -> str:
    """Excel keeps every number as a float: the deal 61001.0 is typed 61001."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def month(cell: Any) -> date:
    """The month's first day, from a date, «июнь 2026», «06.2026» or «2026-06»."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, 1)
    words = str(cell).lower().removesuffix(".").removesuffix(" г").split()
    if len(words) == 2 and words[0] in _MONTH_NUMBER and re.fullmatch(r"\d{4}", words[1]):
        return date(int(words[1]), _MONTH_NUMBER[words[0]], 1)
    if found := re.fullmatch(r"(\d{1,2})[./-](\d{4})", str(cell)):
        return _day(int(found[2]), int(found[1]), 1, "not_a_month")
    if found := re.fullmatch(r"(\d{4})[./-](\d{1,2})", str(cell)):
        return _day(int(found[1]), int(found[2]), 1, "not_a_month")
    try:
        return _date(cell).replace(day=1)
    except UnreadableCellError:
        raise UnreadableCellError("not_a_month") from None


def is_month_name(name: str) -> bool:
    """Whether a sheet is named for a month: «Июнь», «Июнь 2026»."""
    return name.lower().split(" ")[0] in _MONTH_NUMBER


def _date(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = str(cell)
    if found := _YEAR_FIRST.fullmatch(written):
        return _day(int(found[1]), int(found[2]), int(found[3]), "not_a_date")
    if found := _DAY_FIRST.fullmatch(written):
        year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
        return _day(year, int(found[2]), int(found[1]), "not_a_date")
    raise UnreadableCellError("not_a_date")


def _day(year: int, month_number: int, day: int, sentence: str) -> date:
    try:
        found = date(year, month_number, day)
    except ValueError:
        raise UnreadableCellError(sentence) from None
    if not 2000 <= year <= 2100:
        raise UnreadableCellError(sentence)
    return found


def _number(cell: Any) -> Decimal:
    """`1 234,50`, `1,234.50`, `50 000 ₽`. One comma or point before three digits may part thousands
    or be the decimal sign: refused.
    """
    if isinstance(cell, bool | date):
        raise UnreadableCellError("not_a_number")
    if isinstance(cell, int | float):
        return Decimal(repr(cell))
    written = _CURRENCY.sub("", str(cell)).strip()
    bare = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", written)
    signs = re.findall(r"[.,]", bare)
    if len(set(signs)) == 2:  # the last is the decimal sign
        thousands = signs[0]
        grouped = rf"-?\d{{1,3}}(?:\{thousands}\d{{3}})+\{signs[-1]}\d+"
        if signs.count(signs[-1]) > 1 or not re.fullmatch(grouped, bare):
            raise UnreadableCellError("not_a_number")
        bare = bare.replace(thousands, "")
    elif len(signs) > 1:
        if not re.fullmatch(rf"-?\d{{1,3}}(?:\{signs[0]}\d{{3}})+", bare):
            raise UnreadableCellError("not_a_number")
        bare = bare.replace(signs[0], "")
    elif bare == written and re.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}", bare):
        raise UnreadableCellError("ambiguous_number")
    bare = bare.replace(",", ".")
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", bare):
        raise UnreadableCellError("not_a_number")
    return Decimal(bare)


def _listed(cell: Any, values: Mapping[str, Words]) -> str:
    written = text(cell).lower()
    for value, words in values.items():
        if written in (value, *(word.lower() for word in words)):
            return value
    raise UnreadableCellError("not_in_list")
