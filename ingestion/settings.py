"""The only place of ingestion that touches the environment.

What belongs here: names, defaults and checks of variables. What does not: using them. A source's
own variables are declared in its folder and read here by that declaration; `VARIABLES` lists the
ones every source shares.
"""

from __future__ import annotations

import os
import re
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
    Variable("VAR_DIR", "folder of all that the project writes", "var"),
    Variable(
        "INGESTION_SWEEP_ROWS",
        "held rows of each table that a nightly sweep asks the source for",
        "50000",
    ),
)


@dataclass(frozen=True)
class Settings:
    """What a run needs from the outside. `values` holds the variables of the sources, by name."""

    prefix: str
    business_timezone: str
    var_dir: Path
    sweep_rows: int
    values: Mapping[str, str] = field(repr=False)
    loader_url_or_none: str | None = field(repr=False, default=None)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Reads `os.environ` unless given another mapping. Raises SettingsError for an unknown
        zone or a number that is none.
        """
        env = os.environ if env is None else env
        defaults = {variable.name: variable.default or "" for variable in VARIABLES}
        given = {name: value.strip() for name, value in env.items() if value.strip()}
        shared = {name: given.get(name, default) for name, default in defaults.items()}
        zone("BUSINESS_TIMEZONE", shared["BUSINESS_TIMEZONE"])
        return cls(
            prefix=shared["WAREHOUSE_PREFIX"],
            business_timezone=shared["BUSINESS_TIMEZONE"],
            var_dir=Path(shared["VAR_DIR"]),
            sweep_rows=int(positive_number("INGESTION_SWEEP_ROWS", shared["INGESTION_SWEEP_ROWS"])),
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

    @property
    def secrets_dir(self) -> Path:
        """Where a source keeps credentials that it has to replace itself."""
        return self.var_dir / "secrets"

    def is_on(self, source: SourceSpec) -> bool:
        return any(
            name == source.switch or name.startswith(f"{source.switch}{FOR_ACCOUNT}")
            for name in self.values
        )

    def schema(self, source: SourceSpec) -> str:
        """The raw schema of `source` in this environment."""
        return f"{self.prefix}{source.schema}"

    def accounts(self, source: SourceSpec) -> tuple[str, ...]:
        """The names of the source's accounts, one or more. Raises SettingsError when it is off or
        two names are one.
        """
        if not self.is_on(source):
            raise SettingsError(
                f"source {source.name} is off; set {source.switch} to switch it on "
                f"({source.variables[0].about})"
            )
        variable = next(v for v in source.variables if v.name == source.account_variable)
        given = self.values.get(variable.name, variable.default or "")
        names = tuple(name.strip() for name in given.split(",") if name.strip())
        if not names or len({_suffix(name) for name in names}) < len(names):
            raise SettingsError(
                f"{variable.name} names no account or one twice; give short names that differ, "
                "such as main,kz"
            )
        return names

    def of(self, source: SourceSpec, account_name: str) -> dict[str, str]:
        """The variables of one account with defaults, absent ones left out.

        `AMOCRM_TOKEN__KZ` is the account kz's own and wins over `AMOCRM_TOKEN`; a secret may lie in
        the file that `AMOCRM_TOKEN_FILE` names. Raises SettingsError naming what is missing.
        """
        found = {source.account_variable: account_name}
        for variable in source.variables:
            if variable.name == source.account_variable:
                continue
            value = self._value(variable, account_name)
            if value is not None:
                found[variable.name] = value
            elif not variable.may_be_absent:
                raise SettingsError(
                    f"source {source.name} needs {variable.name}"
                    f"{self._for_account(source, account_name)}: {variable.about}"
                )
        return found

    def _value(self, variable: Variable, account_name: str) -> str | None:
        for name in (f"{variable.name}{FOR_ACCOUNT}{_suffix(account_name)}", variable.name):
            if name in self.values:
                return self.values[name]
            path = self.values.get(f"{name}_FILE") if variable.secret else None
            if path is not None:
                return _secret_in(f"{name}_FILE", path)
        return variable.default

    def _for_account(self, source: SourceSpec, account_name: str) -> str:
        if len(self.accounts(source)) == 1:
            return ""
        return f" (or, for account {account_name} alone, …{FOR_ACCOUNT}{_suffix(account_name)})"


FOR_ACCOUNT = "__"
"""Between a variable and the account it is for: `AMOCRM_TOKEN__KZ`."""


def _suffix(account_name: str) -> str:
    return re.sub(r"\W", "_", account_name).upper()


def _secret_in(variable: str, path: str) -> str:
    """The secret a mounted file holds. Raises SettingsError naming the variable and the file."""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{variable} names {path}, which cannot be read ({type(error).__name__}); "
            "mount the file or correct the variable"
        ) from None
    if not secret:
        raise SettingsError(f"{variable} names {path}, and that file is empty")
    return secret


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
