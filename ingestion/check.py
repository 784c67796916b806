"""What the account of a source may read, one line a permission.

What belongs here: trying and telling. What does not: what has to be tried (a source's `probes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.errors import SourceError
from ingestion.pipeline import Clock, find_source, run_context, utc_now
from ingestion.settings import Settings


@dataclass(frozen=True)
class Tried:
    """One permission: `what` was seen, or is missing. `is_good` is true for a missing part that a
    company may live without.
    """

    account_name: str
    probe: str
    what: str
    is_there: bool
    is_good: bool


def check(name: str, settings: Settings, clock: Clock = utc_now) -> Iterator[Tried]:
    """Tries every probe of every account; needs no warehouse and changes nothing.

    Raises SettingsError when a variable is missing, SourceError when an account cannot be opened.
    """
    source = find_source(name)
    for account_name in settings.accounts(source):
        values = settings.of(source, account_name)
        with source.open(values, run_context(settings, _nothing_held, clock)) as opened:
            for probe in opened.probes:
                try:
                    seen = probe.try_it()
                except SourceError as error:
                    missing = f"{error.what}. {error.what_to_do}"
                    yield Tried(account_name, probe.name, missing, False, not probe.needed)
                else:
                    yield Tried(account_name, probe.name, seen, True, True)


def _nothing_held(
    table: str, columns: tuple[str, ...], *, at_least: tuple[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    return []
