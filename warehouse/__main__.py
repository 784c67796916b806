"""`python -m warehouse`: the terminal's door to this package.

Belongs here: arguments, what people read, exit codes (0 done, 1 a sentence says why not).
Does not belong here: any decision about Postgres (service.py and below).
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from warehouse import explain, service, summary
from warehouse.account import binary
from warehouse.connections import Connections, connect
from warehouse.errors import WarehouseError
from warehouse.explain_words import LANGUAGES
from warehouse.passwords import OWNERS
from warehouse.settings import Settings

DESCRIPTION = "The Postgres of this project: the embedded one, or yours by WAREHOUSE_URL."
ENVIRONMENT = """\
environment:
  VAR_DIR                  where data, passwords and the log live (default: var)
  WAREHOUSE_URL            your own Postgres >= 15: postgresql://admin:password@host:5432/postgres,
                           a user who may create roles and databases; absent: the embedded one
  WAREHOUSE_EMBEDDED_PORT  the embedded server's port (default: 5544 or the next free one)
  WAREHOUSE_PREFIX         stands before every schema name (default: empty)
  COMPANY_CURRENCY, BUSINESS_TIMEZONE, COMPANY_LOCALE
                           for summary, explain (default: RUB, Europe/Moscow, ru)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options, extra = _parse(arguments)
    try:
        settings = Settings.from_environment(os.environ)
        return COMMANDS[options.command](settings, options, extra)
    except WarehouseError as error:
        sys.stderr.write(f"{error}\n")
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        sys.stderr.write(f"Postgres refused `{options.command}`: {reason[0]}.\n")
    except KeyboardInterrupt:
        return 130
    return 1


def _parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m warehouse",
        description=DESCRIPTION,
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    up = command("up", "start Postgres, make databases, roles and grants; again: changes nothing")
    up.add_argument(
        "--reset-passwords",
        action="store_true",
        help="give roles that already exist on WAREHOUSE_URL the passwords of VAR_DIR",
    )
    command("down", "stop the embedded Postgres of VAR_DIR, and nothing else")
    command("status", "say whether Postgres is up, where, and how big; exit code 1 when it is not")
    command("env", "print `export NAME='value'` lines with everybody's connection strings")
    for name, text in (
        ("url", "print a connection string, password included (BI tools: --role reader)"),
        ("psql", "open psql; further arguments go to it, e.g. psql -c 'select 1'"),
    ):
        command(name, text).add_argument(
            "--role", choices=OWNERS, default="transformer", help="default: %(default)s"
        )
    command("collect-reads", "keep who read which mart, told from the server's log (nightly)")
    command("summary", "print the director's page (in Russian)")
    told = command(
        "explain", "say what became of an enquiry, lead, deal or payment, and why it counts or not"
    )
    told.add_argument("record", help="its link in the CRM, its key (amocrm:main:123) or its number")
    told.add_argument(
        "--language", choices=LANGUAGES, help="of the answer (default: COMPANY_LOCALE)"
    )

    options, extra = parser.parse_known_args(arguments)
    if extra and options.command != "psql":
        parser.error(f"unrecognized arguments: {' '.join(extra)}")
    return options, extra


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _up(settings: Settings, options: argparse.Namespace, _: list[str]) -> int:
    connections = service.up(settings, reset_passwords=options.reset_passwords)
    say(f"Postgres is up at {connections.host}:{connections.port}{_whereabouts(settings)}.")
    return 0


def _down(settings: Settings, _: argparse.Namespace, __: list[str]) -> int:
    if service.down(settings):
        say("Postgres is stopped.")
    else:
        say(f"No Postgres of ours is running under {settings.var_dir}: nothing to stop.")
    return 0


def _status(settings: Settings, _: argparse.Namespace, __: list[str]) -> int:
    connections = service.find(settings)
    with connect(connections.url("transformer")) as connection:
        row = connection.execute(
            """
            select current_setting('server_version'), pg_size_pretty(pg_database_size('warehouse'))
            """
        ).fetchone()
    version, size = row or ("?", "?")
    say(
        f"Postgres {version} is up at {connections.host}:{connections.port}"
        f"{_whereabouts(settings)}; database warehouse holds {size}."
    )
    return 0


def _env(settings: Settings, _: argparse.Namespace, __: list[str]) -> int:
    for name, value in service.find(settings).environment().items():
        quoted = value.replace("'", "'\\''")
        say(f"export {name}='{quoted}'")
    return 0


def _url(settings: Settings, options: argparse.Namespace, _: list[str]) -> int:
    say(service.find(settings).url(options.role))
    return 0


def _psql(settings: Settings, options: argparse.Namespace, extra: list[str]) -> NoReturn:
    # The wheel's psql knows no TLS, which a company's server may demand.
    system = shutil.which("psql") if settings.admin_url else None
    program = system or str(binary("psql"))
    arguments, environment = psql_call(service.find(settings), options.role, os.environ)
    os.execve(program, ["psql", *arguments, *extra], environment)


def psql_call(
    connections: Connections, role: str, environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """psql's arguments and environment; the password stays out of the process list."""
    parameters = conninfo_to_dict(connections.url(role))
    password = str(parameters.pop("password", ""))
    conninfo = make_conninfo("", **parameters)
    return ["--dbname", conninfo], {**environment, "PGPASSWORD": password}


def _collect_reads(settings: Settings, _: argparse.Namespace, __: list[str]) -> int:
    collected = service.collect_reads(settings)
    if collected.not_available:
        say(f"Not available: {collected.not_available}.")
    else:
        say(f"{collected.reads} reads by {collected.logins} logins since the last time.")
    return 0


def _summary(settings: Settings, _: argparse.Namespace, __: list[str]) -> int:
    with connect(service.find(settings).url("reader")) as connection:
        page = summary.read(connection, settings.prefix)
    say(summary.render(page, settings.currency, settings.timezone))
    return 0


def _explain(settings: Settings, options: argparse.Namespace, _: list[str]) -> int:
    words = LANGUAGES[options.language or settings.locale]
    with connect(service.find(settings).url("reader")) as connection:
        chains = explain.find(connection, settings.prefix, options.record)
    if not chains:
        raise WarehouseError(words.nothing_known.format(record=options.record))
    say(explain.render(chains, words, settings.currency, settings.timezone))
    return 0


def _whereabouts(settings: Settings) -> str:
    return " (WAREHOUSE_URL)" if settings.admin_url else f", data in {settings.var_dir}"


COMMANDS: dict[str, Callable[[Settings, argparse.Namespace, list[str]], int]] = {
    "up": _up,
    "down": _down,
    "status": _status,
    "env": _env,
    "url": _url,
    "psql": _psql,
    "collect-reads": _collect_reads,
    "summary": _summary,
    "explain": _explain,
}


if __name__ == "__main__":
    sys.exit(main())
