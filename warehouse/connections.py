"""Where the warehouse is and how each role reaches it: the only product others take from here.

Does not belong here: starting servers (embedded.py) and creating roles (bootstrap.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, parse_qs, quote, urlsplit, urlunsplit

import psycopg

from warehouse.errors import WarehouseError

WAREHOUSE_DATABASE = "warehouse"
DAGSTER_DATABASE = "dagster"
OUR_APPLICATION = "python -m warehouse"
"""How our own commands log in, so that they are not taken for people."""


@dataclass(frozen=True)
class Connections:
    """Connection strings of one server.

    admin_url  an administrator's URL, to whatever database it names
    passwords  login role -> password
    """

    admin_url: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)

    @classmethod
    def embedded(cls, port: int, passwords: Mapping[str, str]) -> Self:
        """The embedded server on loopback."""
        login = f"postgres:{passwords['admin']}"
        return cls(f"postgresql://{login}@127.0.0.1:{port}/postgres", passwords)

    @classmethod
    def company(cls, admin_url: str, passwords: Mapping[str, str]) -> Self:
        """The company's own server; WarehouseError when WAREHOUSE_URL is not a usable URL."""
        try:
            parts = urlsplit(admin_url)
            usable = parts.scheme in ("postgresql", "postgres") and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not parts.hostname or not parts.username:
            raise WarehouseError(
                "WAREHOUSE_URL must look like postgresql://user:password@host:5432/postgres, "
                "with a host and a user."
            )
        return cls(admin_url, passwords)

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        return self._parts.port or 5432

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.admin_url)

    def url(self, role: str, database: str | None = None) -> str:
        """`postgresql://role:password@host:port/database`; `admin` is the administrator.

        The database is the role's own (dagster -> dagster, everyone else -> warehouse) unless
        given. Options of the administrator's URL, such as sslmode, are kept.
        """
        parts = self._parts
        home = DAGSTER_DATABASE if role == "dagster" else WAREHOUSE_DATABASE
        if role == "admin":
            login = parts.netloc.rpartition("@")[0]
        else:
            login = f"{role}:{quote(self.passwords[role], safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        address = f"{login}@{host}:{self.port}"
        return urlunsplit(("postgresql", address, f"/{database or home}", parts.query, ""))

    def environment(self) -> dict[str, str]:
        """The variables every other package reads, and those of dbt's profile."""
        options = parse_qs(self._parts.query)
        # dagster-postgres 0.29 needs psycopg2; SQLAlchemy 2.1 would take psycopg 3 by itself.
        dagster = self.url("dagster").replace("postgresql:", "postgresql+psycopg2:", 1)
        return {
            "WAREHOUSE_LOADER_URL": self.url("loader"),
            "WAREHOUSE_TRANSFORMER_URL": self.url("transformer"),
            "WAREHOUSE_READER_URL": self.url("reader"),
            "DAGSTER_POSTGRES_URL": dagster,
            "WAREHOUSE_HOST": self.host,
            "WAREHOUSE_PORT": str(self.port),
            "WAREHOUSE_DATABASE": WAREHOUSE_DATABASE,
            "WAREHOUSE_TRANSFORMER_PASSWORD": self.passwords["transformer"],
            "WAREHOUSE_SSLMODE": options.get("sslmode", ["prefer"])[0],
        }


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """An autocommit connection, or a WarehouseError saying who was refused where and why."""
    try:
        return psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name=OUR_APPLICATION
        )
    except psycopg.Error as error:
        parts = urlsplit(url)
        raise WarehouseError(
            f"Cannot log in to Postgres at {parts.hostname}:{parts.port or 5432} "
            f"as {parts.username}: {_reason(error)}."
        ) from error


def _reason(error: psycopg.Error) -> str:
    """What the server or the network said, without libpq's preamble and advice."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    telling = [line for line in lines if re.search(r"FATAL:|failed: ", line)]
    return re.split(r"FATAL:\s+|failed: ", (telling or lines)[-1])[-1].rstrip(".").strip()
