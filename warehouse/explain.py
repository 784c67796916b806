"""What became of one record and why, told from `mart_quality.record_trace`.

Belongs here: finding the record a person means, and laying out what the mart says of it; the words
are those of `explain_words`. Does not belong here: any rule, each fact is a row of the mart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import LiteralString
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
from psycopg import errors, sql
from psycopg.rows import class_row

from warehouse.errors import WarehouseError
from warehouse.explain_words import Words
from warehouse.summary import format_amount

MOST_CHAINS = 5
"""More is not read by anybody: then the person is asked which one is meant."""


@dataclass(frozen=True)
class Fact:
    """One row of the mart; `about` is a channel, record, link, measure or step by its `fact`."""

    chain_id: str
    record_type: str
    record_id: str
    fact: str
    happened_at: datetime | None
    detail: str | None
    reason: str | None
    amount: Decimal | None
    about: str | None


def find(
    connection: psycopg.Connection[tuple[object, ...]], prefix: str, wanted: str
) -> list[list[Fact]]:
    """The chains of the record with that link, key (`amocrm:main:123`) or number (`123`), each as
    its facts in order; empty when none is known.

    Raises WarehouseError when the mart is not there, or when too many chains have that record.
    """
    key = wanted.strip()
    number = urlsplit(key).path.rstrip("/").rpartition("/")[2] if "://" in key else key
    mart = (f"{prefix}mart_quality", "record_trace")
    found = _rows(
        connection,
        """
        select distinct chain_id
        from {}
        where
            record_id = %(key)s
            or (fact = 'record_of_enquiry' and about = %(key)s)
            or (about = %(key)s and about like '%%://%%')
            or (%(number)s <> '' and split_part(record_id, ':', 3) = %(number)s)
            or (fact = 'record_of_enquiry' and split_part(about, ':', 3) = %(number)s)
        order by chain_id
        limit %(most)s + 1
        """,
        mart,
        {"key": key, "number": number, "most": MOST_CHAINS},
    )
    if len(found) > MOST_CHAINS:
        raise WarehouseError(
            f"More than {MOST_CHAINS} leads have something called {wanted}: give the link or the "
            "whole key, such as amocrm:main:123."
        )
    facts = _facts(connection, mart, [str(chain_id) for (chain_id,) in found])
    return [list(chain) for _, chain in groupby(facts, key=lambda fact: fact.chain_id)]


def _facts(
    connection: psycopg.Connection[tuple[object, ...]], mart: tuple[str, str], chains: list[str]
) -> list[Fact]:
    with connection.cursor(row_factory=class_row(Fact)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select chain_id, record_type, record_id, fact, happened_at, detail, reason, "
                "amount, about from {} where chain_id = any(%s) order by chain_id, place"
            ).format(sql.Identifier(*mart)),
            [chains],
        ).fetchall()


def _rows(
    connection: psycopg.Connection[tuple[object, ...]],
    query: LiteralString,
    mart: tuple[str, str],
    given: dict[str, object],
) -> list[tuple[object, ...]]:
    try:
        return connection.execute(sql.SQL(query).format(sql.Identifier(*mart)), given).fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise WarehouseError(
            f"Explaining needs {'.'.join(mart)}, which is not there yet: run the refresh first "
            "(`make demo`, or the job warehouse_refresh_job)."
        ) from error


def render(
    chains: Sequence[Sequence[Fact]], words: Words, currency: str, timezone: ZoneInfo
) -> str:
    """The chains as text: records one under the other, each fact a line with its local time."""
    return "\n\n".join("\n".join(_lines(chain, words, currency, timezone)) for chain in chains)


def _lines(chain: Sequence[Fact], words: Words, currency: str, timezone: ZoneInfo) -> Iterator[str]:
    for (kind, record_id), facts in groupby(
        chain, key=lambda fact: (fact.record_type, fact.record_id)
    ):
        yield f"{words.record_types.get(kind, kind)} {record_id}"
        for fact in facts:
            yield f"  {_moment(fact, timezone)}  {_sentence(fact, words, currency)}"


def _moment(fact: Fact, timezone: ZoneInfo) -> str:
    if fact.happened_at is None:
        return " " * 16
    return f"{fact.happened_at.astimezone(timezone):%d.%m.%Y %H:%M}"


def _sentence(fact: Fact, words: Words, currency: str) -> str:
    about, reason = words.say(fact.about), words.say(fact.reason)
    parts = {
        "detail": words.say(fact.detail),
        "reason": reason,
        "about": about,
        # A step whose name says why needs no reason behind it.
        "why": f" ({reason})" if fact.reason and reason != about else "",
        "amount": format_amount(fact.amount, currency),
        "month": _month(fact, words),
    }
    return words.facts.get(fact.fact, fact.fact).format(**parts)


def _month(fact: Fact, words: Words) -> str:
    """The month a fact of a whole month is about: 2026-05-01 is май 2026."""
    if fact.fact not in ("step_of_the_bridge", "is_counted") or fact.detail is None:
        return ""
    first_day = date.fromisoformat(fact.detail)
    return f"{words.months[first_day.month - 1]} {first_day.year}"
