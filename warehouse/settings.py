"""What the environment says. The only file of `warehouse` that reads it.

Does not belong here: passwords (passwords.py) and anything that opens a file or a connection.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from warehouse.errors import WarehouseError
from warehouse.explain_words import LANGUAGES

# NAMEDATALEN leaves 63 bytes; the longest schema name of ours takes about 30 of them.
PREFIX_PATTERN = re.compile(r"([a-z][a-z0-9_]{0,29})?")


@dataclass(frozen=True)
class Settings:
    """The settings of one warehouse.

    admin_url  WAREHOUSE_URL: a user of the company's Postgres >= 15 who may create roles and
               databases; None means the embedded server.
    var_dir    VAR_DIR (default `var`): absolute; everything this package writes lies under it.
    port       WAREHOUSE_EMBEDDED_PORT: fixes the embedded server's port; None lets it choose.
               (Not WAREHOUSE_PORT: that one is an output, and an exported output must never
               turn into an order to the next `up`.)
    prefix     WAREHOUSE_PREFIX (default empty): stands before every schema name.
    currency   COMPANY_CURRENCY (default RUB): ISO 4217 code, for `summary`.
    timezone   BUSINESS_TIMEZONE (default Europe/Moscow): for `summary`.
    locale     COMPANY_LOCALE (default ru): for `explain`.
    """

    var_dir: Path
    admin_url: str | None = field(default=None, repr=False)
    port: int | None = None
    prefix: str = ""
    currency: str = "RUB"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    locale: str = "ru"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; a value that makes no sense is a WarehouseError naming it."""
        port = environment.get("WAREHOUSE_EMBEDDED_PORT", "")
        if port and not (port.isdecimal() and 0 < int(port) < 65536):
            raise WarehouseError(f"WAREHOUSE_EMBEDDED_PORT must be a port number, not {port!r}.")
        prefix = environment.get("WAREHOUSE_PREFIX", "")
        if not PREFIX_PATTERN.fullmatch(prefix):
            raise WarehouseError(
                "WAREHOUSE_PREFIX must be at most 30 lower-case letters, digits and underscores, "
                f"a letter first, not {prefix!r}."
            )
        zone = environment.get("BUSINESS_TIMEZONE") or "Europe/Moscow"
        try:
            timezone = ZoneInfo(zone)
        except (ValueError, OSError, KeyError) as error:
            raise WarehouseError(f"BUSINESS_TIMEZONE names no time zone: {zone!r}.") from error
        locale = environment.get("COMPANY_LOCALE") or "ru"
        if locale not in LANGUAGES:
            raise WarehouseError(f"COMPANY_LOCALE must be one of {', '.join(LANGUAGES)}.")
        return cls(
            var_dir=Path(environment.get("VAR_DIR") or "var").absolute(),
            admin_url=environment.get("WAREHOUSE_URL") or None,
            port=int(port) if port else None,
            prefix=prefix,
            currency=environment.get("COMPANY_CURRENCY") or "RUB",
            timezone=timezone,
            locale=locale,
        )
