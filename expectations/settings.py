"""The only place of this package that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from expectations.errors import QualityError

MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Where the checked tables are and where outcomes go.

    `reading_url` (WAREHOUSE_TRANSFORMER_URL) sees raw, staging and intermediate;
    `writing_url` (WAREHOUSE_LOADER_URL) may write schema quality. `prefix` (WAREHOUSE_PREFIX)
    stands before every schema name. `business_now` (BUSINESS_NOW, an ISO instant) replaces the
    clock in tests and demos. `timezone` (BUSINESS_TIMEZONE) says when a day ends. URLs carry
    passwords and are kept out of `repr`.
    """

    reading_url: str = field(repr=False)
    writing_url: str = field(repr=False)
    prefix: str = ""
    business_now: datetime | None = None
    timezone: ZoneInfo = MOSCOW

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> QualitySettings:
        """Raises QualityError naming the first variable that is missing or malformed."""
        prefix = environment.get("WAREHOUSE_PREFIX", "")
        if not re.fullmatch(r"[a-z0-9_]*", prefix):
            raise QualityError(
                "WAREHOUSE_PREFIX may hold only lower-case latin letters, digits and '_'; correct"
                " it in .env"
            )
        return cls(
            reading_url=_required(environment, "WAREHOUSE_TRANSFORMER_URL"),
            writing_url=_required(environment, "WAREHOUSE_LOADER_URL"),
            prefix=prefix,
            business_now=_instant(environment.get("BUSINESS_NOW", "")),
            timezone=_zone(environment.get("BUSINESS_TIMEZONE", "") or "Europe/Moscow"),
        )

    def clock(self) -> datetime:
        """Now, UTC or as BUSINESS_NOW says: what "30 days ago" is counted from."""
        return self.business_now or datetime.now(UTC)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise QualityError(
            f"{name} is not set; start with `scripts/run`, which sets it:"
            " `scripts/run python -m expectations report`"
        )
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise QualityError(
            f"BUSINESS_TIMEZONE names no time zone: {name!r}; write it as Europe/Moscow"
        ) from error


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise QualityError(
            f"BUSINESS_NOW is not an ISO instant: {text!r}; write it as 2026-03-01T10:00:00+03:00"
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
