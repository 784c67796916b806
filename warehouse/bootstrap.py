"""Databases, roles, schemas and grants, made so that running it again changes nothing.

Belongs here: who may do what on the server.
Does not belong here: tables and mart grants. dbt's publication opens each mart to `reader` in the
same transaction that publishes it (usage on the schema, select on the table); nothing here does,
because default privileges cannot tell `mart_sales` from `staging` by name.

Who may do what:

    loader       makes raw_*, fills quality and alerting; reads what dbt builds; commits are durable
    transformer  makes staging, intermediate, build_mart_*, mart_*; reads all that loader makes;
                 synchronous_commit off: what it loses in a power cut, the next run builds again
    reader       BI tools: published marts and nothing else, read only, 5 minutes a statement
    dagster      owns nothing here; the database `dagster` is its own

The administrator of a company's Postgres need not be a superuser: it makes roles and databases,
and every role then opens what it owns itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, TypeAlias

import psycopg
from psycopg import errors, sql

from warehouse import mart_reads
from warehouse.connections import (
    DAGSTER_DATABASE,
    WAREHOUSE_DATABASE,
    Connections,
    connect,
)
from warehouse.errors import WarehouseError
from warehouse.passwords import LOGIN_ROLES, SERVICE_ROLES

OLDEST_MAJOR_VERSION = 15
BUILTIN_LOCALE_SINCE = 17
# An arbitrary number: two machines bootstrapping one server take turns.
ADVISORY_LOCK = 7_215_544

ROLE_SETTINGS: dict[str, dict[str, str]] = {
    "loader": {"timezone": "UTC"},
    "transformer": {"timezone": "UTC", "synchronous_commit": "off"},
    "reader": {
        "timezone": "UTC",
        "default_transaction_read_only": "on",
        "statement_timeout": "5min",
        # A forgotten tab of a BI tool must not hold up publication.
        "idle_in_transaction_session_timeout": "1min",
    },
    "dagster": {"timezone": "UTC"},
}

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]


def bootstrap(
    connections: Connections, prefix: str, *, reset_passwords: bool, log_what_people_ask: bool
) -> None:
    """Make or complete everything of ours on the server.

    Raises WarehouseError naming the right that is missing, the version that is too old, or the
    role that already exists with a password we do not have (unless `reset_passwords`).
    """
    with connect(connections.admin_url) as admin:
        version = _require_version(admin, connections)
        admin.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
        for role in LOGIN_ROLES:
            _ensure_role(admin, role, connections.passwords[role], reset_passwords)
        for database in (WAREHOUSE_DATABASE, DAGSTER_DATABASE):
            _ensure_database(admin, database, version)
        _open_warehouse_database(connections)
        _open_dagster_database(connections)
        if log_what_people_ask:
            _log_what_people_ask(admin)
        with _log_in(connections, "loader") as loader, _needs("loader must own its schemas"):
            _open_loader_schemas(loader, prefix)
            mart_reads.prepare(loader, f"{prefix}usage")
        with _log_in(connections, "transformer") as transformer:
            _let_read(transformer, owner="transformer", reader="loader")
        for role in ("reader", "dagster"):
            _log_in(connections, role).close()


def _log_what_people_ask(admin: Connection) -> None:
    """Statements in the warehouse go to the server's log, those of our own roles do not."""
    for role in (admin.info.user, *SERVICE_ROLES):
        statement = sql.SQL("alter role {} set log_statement to 'none'")
        admin.execute(statement.format(sql.Identifier(role)))
    admin.execute("alter database warehouse set log_statement to 'all'")


def _require_version(admin: Connection, connections: Connections) -> int:
    """The server's major version, if it is one we support."""
    version = admin.info.server_version // 10_000
    if version < OLDEST_MAJOR_VERSION:
        raise WarehouseError(
            f"Postgres at {connections.host}:{connections.port} is version {version}: "
            f"{OLDEST_MAJOR_VERSION} or newer is needed; upgrade it, or unset WAREHOUSE_URL to "
            "use the embedded one."
        )
    return version


def _ensure_role(admin: Connection, role: str, password: str, reset_password: bool) -> None:
    # The server gets a verifier, not the password: statements may be logged.
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    secret = sql.Literal(verifier.decode())
    name = sql.Identifier(role)
    with _needs(f"create role {role} (createrole)"):
        if not _exists(admin, "select 1 from pg_roles where rolname = %s", role):
            admin.execute(sql.SQL("create role {} login password {}").format(name, secret))
        elif reset_password:
            admin.execute(sql.SQL("alter role {} login password {}").format(name, secret))
    with _needs(f"alter role {role} (the admin option on it)"):
        for setting, value in ROLE_SETTINGS[role].items():
            statement = sql.SQL("alter role {} set {} to {}")
            admin.execute(statement.format(name, sql.Identifier(setting), sql.Literal(value)))


def _ensure_database(admin: Connection, database: str, version: int) -> None:
    if _exists(admin, "select 1 from pg_database where datname = %s", database):
        return
    # The builtin locale is the same on every machine; before it, the server's own has to do.
    locale = "locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"
    statement = sql.SQL("create database {} template template0 encoding 'UTF8' {}").format(
        sql.Identifier(database),
        sql.SQL(locale if version >= BUILTIN_LOCALE_SINCE else ""),
    )
    with _needs(f"create database {database} (createdb)"):
        admin.execute(statement)


def _open_warehouse_database(connections: Connections) -> None:
    with (
        connect(connections.url("admin")) as admin,
        _needs(f"own database {WAREHOUSE_DATABASE}"),
    ):
        lowered = admin.execute("select lower('МОСКВА')").fetchone()
        if lowered != ("москва",):
            raise WarehouseError(
                f"Database {WAREHOUSE_DATABASE} has a locale without Cyrillic: "
                f"make it anew with `create database {WAREHOUSE_DATABASE} template template0 "
                "encoding 'UTF8' locale 'C.UTF-8'`."
            )
        admin.execute("revoke all on database warehouse from public")
        admin.execute("revoke all on schema public from public")
        admin.execute(
            "grant connect, create, temporary on database warehouse to loader, transformer"
        )
        admin.execute("grant connect on database warehouse to reader")


def _open_dagster_database(connections: Connections) -> None:
    with (
        connect(connections.url("admin", DAGSTER_DATABASE)) as admin,
        _needs(f"own database {DAGSTER_DATABASE}"),
    ):
        admin.execute("revoke all on database dagster from public")
        admin.execute("grant all on database dagster to dagster")
        admin.execute("grant all on schema public to dagster")


def _open_loader_schemas(loader: Connection, prefix: str) -> None:
    """Make `quality`, `alerting` and `usage`, and open what loader owns to transformer."""
    for name in ("quality", "alerting", "usage"):
        schema = sql.Identifier(prefix + name)
        loader.execute(sql.SQL("create schema if not exists {}").format(schema))
    _let_read(loader, owner="loader", reader="transformer")


def _let_read(connection: Connection, owner: str, reader: str) -> None:
    """Open every schema and table that `owner` (the one connected) has now or makes later."""
    name = sql.Identifier(reader)
    for future in ("grant usage on schemas to {}", "grant select on tables to {}"):
        connection.execute(sql.SQL("alter default privileges " + future).format(name))
    owned = connection.execute(
        "select nspname from pg_namespace where nspowner = %s::regrole", [owner]
    ).fetchall()
    present_rights: tuple[LiteralString, ...] = (
        "grant usage on schema {} to {}",
        "grant select on all tables in schema {} to {}",
    )
    for (schema,) in owned:
        for present in present_rights:
            connection.execute(sql.SQL(present).format(sql.Identifier(str(schema)), name))


def _log_in(connections: Connections, role: str) -> Connection:
    try:
        return connect(connections.url(role))
    except WarehouseError as error:
        raise WarehouseError(
            f"{str(error).rstrip('.')}; if the role existed before with another password, put that "
            "into passwords.json under VAR_DIR, or run `python -m warehouse up --reset-passwords` "
            "to give it ours."
        ) from error


def _exists(admin: Connection, query: LiteralString, name: str) -> bool:
    return admin.execute(query, [name]).fetchone() is not None


@contextmanager
def _needs(right: str) -> Iterator[None]:
    """Name the missing right when the server refuses."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"A right is missing on this Postgres: {right}; the server says: "
            f"{error.diag.message_primary}. Grant it to the user of WAREHOUSE_URL."
        ) from error
