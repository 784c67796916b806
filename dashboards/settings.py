"""The only file of `dashboards` that reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.words import LOCALES, Locale


class DashboardsError(Exception):
    """A sentence for whoever runs the report."""


@dataclass(frozen=True)
class Settings:
    """Where the marts are, where the report goes, and how its reader writes."""

    reader_url: str = field(repr=False)
    prefix: str
    folder: Path
    locale: Locale
    currency: str
    timezone: ZoneInfo

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables; DashboardsError names the one that is missing or wrong."""
        reader_url = environment.get("WAREHOUSE_READER_URL")
        if not reader_url:
            raise DashboardsError(
                "WAREHOUSE_READER_URL is not set: start with `make report`, which sets it."
            )
        given = environment.get("COMPANY_LOCALE") or "ru"
        locale = next((known for known in LOCALES if known == given), None)
        if locale is None:
            raise DashboardsError(f"COMPANY_LOCALE must be one of {', '.join(LOCALES)}.")
        zone = environment.get("BUSINESS_TIMEZONE") or "Europe/Moscow"
        try:
            timezone = ZoneInfo(zone)
        except (ValueError, OSError, KeyError) as error:
            raise DashboardsError(f"BUSINESS_TIMEZONE names no time zone: {zone!r}.") from error
        return cls(
            reader_url=reader_url,
            prefix=environment.get("WAREHOUSE_PREFIX", ""),
            folder=Path(environment.get("VAR_DIR") or "var").absolute() / "report",
            locale=locale,
            currency=environment.get("COMPANY_CURRENCY") or "RUB",
            timezone=timezone,
        )
