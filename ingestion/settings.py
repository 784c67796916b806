"""The only place of ingestion that touches the environment.

What belongs here: names, defaults and checks of variables. What does not: using them. A source's
own variables are declared in its folder and read here by that declaration; `VARIABLES` lists the
ones every source shares.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.catalog import SourceSpec, Variable
from ingestion.errors import SettingsError

VARIABLES = (
    Variable("WAREHOUSE_LOADER_URL", "postgresql://loader:...@host:port/warehouse"),
    Variable("WAREHOUSE_PREFIX", "put before every schema name; empty in production", ""),
    Variable(
        "BUSINESS_TIMEZONE", "zone of the business day and of times without a zone", "Europe/Moscow"
    ),
    Variable("VAR_DIR", "folder of everything that may be thrown away between runs", "var"),
)


@dataclass(frozen=True)
class Settings:
    """What a run needs from the outside. `values` holds the variables of the sources, by name."""

    prefix: str
    business_timezone: str
    var_dir: Path
    values: Mapping[str, str] = field(repr=False)
    loader_url_or_none: str | None = field(repr=False, default=None)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Reads `os.environ` unless given another mapping. Raises SettingsError for an unknown
        zone.
        """
        env = os.environ if env is None else env
        given = {name: value.strip() for name, value in env.items() if value.strip()}
        zone_name = given.get("BUSINESS_TIMEZONE", "Europe/Moscow")
        zone("BUSINESS_TIMEZONE", zone_name)
        return cls(
            prefix=given.get("WAREHOUSE_PREFIX", ""),
            business_timezone=zone_name,
            var_dir=Path(given.get("VAR_DIR", "var")),
            values=given,
            loader_url_or_none=given.get("WAREHOUSE_LOADER_URL"),
        )

    @property
    def loader_url(self) -> str:
        if not self.loader_url_or_none:
            raise SettingsError(
                "WAREHOUSE_LOADER_URL is not set; `python -m warehouse env` shows its value"
            )
        return self.loader_url_or_none

    def is_on(self, source: SourceSpec) -> bool:
        return source.switch in self.values

    def schema(self, source: SourceSpec) -> str:
        """The raw schema of `source` in this environment."""
        return f"{self.prefix}{source.schema}"

    def of(self, source: SourceSpec) -> dict[str, str]:
        """One source's variables with defaults. Raises SettingsError naming what is missing."""
        if not self.is_on(source):
            raise SettingsError(
                f"source {source.name} is off; set {source.switch} to switch it on "
                f"({source.variables[0].about})"
            )
        found = {v.name: self.values.get(v.name, v.default) for v in source.variables}
        for variable in source.variables:
            if found[variable.name] is None:
                raise SettingsError(f"source {source.name} needs {variable.name}: {variable.about}")
        return {name: value for name, value in found.items() if value is not None}


def silence_dlt() -> None:
    """To be called before dlt is first imported: only then does it read these, from here alone.

    Its telemetry would report runs to a stranger; its log would hold values of rows.
    """
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"


def positive_number(variable: str, text: str) -> float:
    """The number `text` says. Raises SettingsError naming the variable it came from."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{variable}={text} is not a number above zero; correct it")
    return number


def zone(variable: str, name: str) -> ZoneInfo:
    """The time zone called `name`. Raises SettingsError naming the variable it came from."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"{variable}={name} is not a time zone; use a name such as Europe/Moscow"
        ) from None
