"""The director's page for the terminal, in Russian: numbers, the bridge, freshness.

Belongs here: reading what the marts already say and laying it out.
Does not belong here: any formula, each number is a column of a mart; quality, whose words are
those of `expectations report`.

Read, as role `reader`:
    mart_director.kpis_current   required
    mart_director.bridge_current required, its subtotals
    mart_director.data_age       shown when it exists
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import LiteralString, TypeVar
from zoneinfo import ZoneInfo

import psycopg
from psycopg import errors, sql
from psycopg.rows import class_row

from warehouse.errors import WarehouseError

NO_BREAK_SPACE = "\u00a0"
NOTHING = "—"
WIDTH = 100
CURRENCY_SIGNS = {
    "RUB": "₽",
    "UAH": "₴",
    "USD": "$",
    "EUR": "€",
    "KZT": "₸",
    "BYN": "Br",
    "BRL": "R$",
}
# kpis_current.unit -> what stands after the number; any other unit is shown as it is.
UNIT_WORDS = {"count": "", "ratio": "", "minutes": "мин", "hours": "ч", "days": "дн."}
# Codes of the marts -> what a director calls them; an unknown code is shown as it is.
SUBTOTALS = {
    "enquiries": "обращения",
    "leads": "лиды",
    "leads_as_sales_counts_them": "лиды, как их считает отдел продаж",
    "won_deals": "выигранные сделки",
    "sales": "продажи",
    "payments": "платежи",
}

Row = TypeVar("Row")


@dataclass(frozen=True)
class Kpi:
    """One row of mart_director.kpis_current; unit: money, count, share (0..1), days, …"""

    label: str
    unit: str
    current_value: Decimal | None
    previous_value: Decimal | None
    year_ago_value: Decimal | None
    period_start: date
    period_end: date
    explanation: str | None


@dataclass(frozen=True)
class SourceAge:
    """How fresh one source is."""

    source_name: str
    last_loaded_at: datetime | None
    age_minutes: Decimal | None


@dataclass(frozen=True)
class Subtotal:
    """One agreed count of the reconciliation bridge, in the bridge's order."""

    step: str
    row_count: int


@dataclass(frozen=True)
class Page:
    """Everything the page shows; ages is None when the mart does not exist yet."""

    kpis: Sequence[Kpi]
    bridge: Sequence[Subtotal]
    ages: Sequence[SourceAge] | None


def read(connection: psycopg.Connection[tuple[object, ...]], prefix: str) -> Page:
    """Read the page; WarehouseError names the relation that is absent or closed to reader."""
    mart = f"{prefix}mart_director"
    kpis = _rows(
        connection,
        Kpi,
        """
        select
            label, unit, current_value, previous_value, year_ago_value, period_start, period_end,
            explanation
        from {}
        order by position
        """,
        (mart, "kpis_current"),
    )
    bridge = _rows(
        connection,
        Subtotal,
        "select step, row_count from {} where row_kind = 'subtotal' order by position",
        (mart, "bridge_current"),
    )
    try:
        ages = _rows(
            connection,
            SourceAge,
            # How old, seen from now: the mart cannot know when it will be read.
            """
            select
                source_name,
                last_loaded_at,
                extract(epoch from now() - last_loaded_at) / 60 as age_minutes
            from {}
            order by source_name
            """,
            (mart, "data_age"),
        )
    except WarehouseError as error:
        if not isinstance(error.__cause__, errors.UndefinedTable):
            raise
        ages = None
    return Page(kpis, bridge, ages)


def _rows(
    connection: psycopg.Connection[tuple[object, ...]],
    row_type: type[Row],
    query: LiteralString,
    relation: tuple[str, str],
) -> list[Row]:
    name = ".".join(relation)
    try:
        with connection.cursor(row_factory=class_row(row_type)) as cursor:
            return cursor.execute(sql.SQL(query).format(sql.Identifier(*relation))).fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise WarehouseError(
            f"The summary needs {name}, which is not there yet: run the refresh first "
            "(`make demo`, or the job warehouse_refresh_job)."
        ) from error
    except errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"The summary needs {name}, which is not open to role reader: publish the marts again."
        ) from error
    except errors.UndefinedColumn as error:
        raise WarehouseError(
            f"The summary needs other columns of {name}: {error.diag.message_primary}."
        ) from error


def render(page: Page, currency: str, timezone: ZoneInfo) -> str:
    """The page as text: columns aligned, numbers as 1 234 567 ₽."""
    sections = [
        ("ПОКАЗАТЕЛИ ДИРЕКТОРА", _kpi_lines(page.kpis, currency)),
        ("ПОЧЕМУ ЦИФРЫ РАСХОДЯТСЯ", _bridge_lines(page.bridge)),
    ]
    if page.ages is not None:
        sections.append(("СВЕЖЕСТЬ ДАННЫХ", _age_lines(page.ages, timezone)))
    return "\n\n".join(
        "\n".join([title, *(list(lines) or ["  нет данных"])]) for title, lines in sections
    )


def _kpi_lines(kpis: Sequence[Kpi], currency: str) -> Iterator[str]:
    header = ("", "сейчас", "прошлый период", "", "год назад", "")
    cells = [
        (
            kpi.label,
            format_value(kpi.current_value, kpi.unit, currency),
            format_value(kpi.previous_value, kpi.unit, currency),
            format_change(kpi.current_value, kpi.previous_value, kpi.unit),
            format_value(kpi.year_ago_value, kpi.unit, currency),
            format_change(kpi.current_value, kpi.year_ago_value, kpi.unit),
        )
        for kpi in kpis
    ]
    head, *rows = _aligned([header, *cells])
    laid_out = zip(kpis, rows, strict=True)
    for (start, end), group in groupby(laid_out, key=lambda pair: _period(pair[0])):
        yield f"  {start:%d.%m.%Y} – {end:%d.%m.%Y}"
        yield head
        yield from (row for _, row in group)
    explained = [kpi for kpi in kpis if kpi.explanation]
    if explained:
        yield ""
    for kpi in explained:
        yield _wrapped(f"{kpi.label}: {kpi.explanation}")


def _bridge_lines(bridge: Sequence[Subtotal]) -> Iterator[str]:
    if bridge:
        yield _wrapped(
            " → ".join(
                f"{SUBTOTALS.get(subtotal.step, subtotal.step)}{NO_BREAK_SPACE}"
                f"{_number(subtotal.row_count)}"
                for subtotal in bridge
            )
        )


def _age_lines(ages: Sequence[SourceAge], timezone: ZoneInfo) -> Iterator[str]:
    def cells(age: SourceAge) -> tuple[str, str]:
        if age.last_loaded_at is None or age.age_minutes is None:
            return age.source_name, "ещё не загружался"
        loaded_at = age.last_loaded_at.astimezone(timezone)
        return age.source_name, f"{format_age(age.age_minutes)} назад ({loaded_at:%d.%m.%Y %H:%M})"

    return iter(_aligned([cells(age) for age in ages], left=(0, 1)))


def format_value(value: Decimal | None, unit: str, currency: str) -> str:
    """`1 234 567 ₽`, `12,5 %`, `3 дн.`; a dash for null. Spaces inside do not break."""
    if value is None:
        return NOTHING
    if unit == "share":
        return _percent(value)
    if unit == "money":
        return format_amount(value, currency, digits=0)
    word = UNIT_WORDS.get(unit, unit)
    return f"{_number(value)}{NO_BREAK_SPACE}{word}" if word else _number(value)


def format_amount(value: Decimal | None, currency: str, digits: int = 2) -> str:
    """`43 778,39 ₽`; a dash for null."""
    if value is None:
        return NOTHING
    return f"{_number(value, digits)}{NO_BREAK_SPACE}{CURRENCY_SIGNS.get(currency, currency)}"


def format_change(current: Decimal | None, before: Decimal | None, unit: str) -> str:
    """`+12 %` against a positive `before`; shares change by percentage points; else nothing."""
    if current is None or before is None:
        return ""
    if unit == "share":
        points = _rounded((current - before) * 100, 1)
        return f"{_sign(points)}{_number(points)}{NO_BREAK_SPACE}п.п."
    if before <= 0:
        return ""
    change = _rounded((current - before) / before * 100, 0)
    return f"{_sign(change)}{_number(change)}{NO_BREAK_SPACE}%"


def format_age(minutes: Decimal) -> str:
    """`5 мин`, `3 ч 5 мин`, `2 дн. 4 ч`."""
    hours, rest = divmod(max(0, int(minutes)), 60)
    if hours < 1:
        return f"{rest} мин"
    if hours < 48:
        return f"{hours} ч {rest} мин"
    return f"{hours // 24} дн. {hours % 24} ч"


def _period(kpi: Kpi) -> tuple[date, date]:
    return kpi.period_start, kpi.period_end


def _sign(value: Decimal | int) -> str:
    return "+" if value > 0 else ""


def _percent(share: Decimal) -> str:
    return f"{_number(share * 100)}{NO_BREAK_SPACE}%"


def _number(value: Decimal | int | None, digits: int = 1) -> str:
    """Thousands apart, a decimal comma, no empty decimals, a real minus."""
    if value is None:
        return NOTHING
    text = f"{_rounded(Decimal(value), digits):,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate({ord(","): NO_BREAK_SPACE, ord("."): ",", ord("-"): "−"})


def _rounded(value: Decimal, digits: int) -> Decimal:
    """As people round, and as the pages do: 0.5 goes away from zero."""
    # "+ 0" makes the zero that a small negative number rounds to an ordinary one.
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def _aligned(rows: Sequence[tuple[str, ...]], left: tuple[int, ...] = (0,)) -> list[str]:
    """Rows as columns: those in `left` to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if position in left else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return [f"  {line.rstrip()}" for line in lines]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
