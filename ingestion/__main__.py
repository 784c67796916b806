"""`python -m ingestion COMMAND`: the command line, and the outermost place where errors end.

What belongs here: words on the screen and exit codes. What does not: any work.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import date

from ingestion import raw
from ingestion.backfill import PieceDone, backfill
from ingestion.catalog import SourceSpec
from ingestion.check import check
from ingestion.errors import IngestionError, PartlyDoneError
from ingestion.packages import Progress
from ingestion.pipeline import RunResult, init, run_source
from ingestion.settings import Settings
from ingestion.sources import SOURCES
from ingestion.sweep import Swept, sweep

EPILOG = """examples:
  python -m ingestion list                      what is on, what is off and why, age of data
  python -m ingestion check amocrm              what the token may read, one line a permission
  python -m ingestion run amocrm                read what is new
  python -m ingestion run onec --full-refresh   read everything again; tables are never empty
  python -m ingestion backfill amocrm --from 2026-01-01 --to 2026-03-31
                                                read a window again; stopped, it goes on there
  python -m ingestion sweep amocrm              look for rows erased without a word (nightly)

A source is on when its first variable is set; `list` names the variables. Several accounts:
AMOCRM_ACCOUNT=main,kz and, for what differs, AMOCRM_TOKEN__KZ. A secret may lie in a mounted file:
AMOCRM_TOKEN_FILE=/run/secrets/amocrm."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion",
        description="Reads the company's systems into the Postgres schemas raw_<source>.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="show sources, their tables and the age of their data")
    commands.add_parser("init", help="create every declared raw table")

    def of_source(name: str, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=about, description=f"{about[:1].upper()}{about[1:]}."
        )
        command.add_argument("source", help=", ".join(source.name for source in SOURCES))
        return command

    of_source("check", "try what the account of a source may read")
    run = of_source("run", "read one source now")
    run.add_argument(
        "--full-refresh",
        action="store_true",
        help="forget the cursors and read everything again; a table may come empty",
    )
    window = of_source("backfill", "read a window of dates again")
    for option, what in (("--from", "first day"), ("--to", "last day, included")):
        window.add_argument(
            option,
            dest=what.partition(",")[0].replace(" ", "_"),
            type=_day,
            required=True,
            metavar="YYYY-MM-DD",
            help=what,
        )
    window.add_argument(
        "--table", action="append", default=[], help="only this table (may be repeated)"
    )
    walk = of_source("sweep", "look for rows that the source erased without a word")
    walk.add_argument(
        "--accept-drop",
        action="store_true",
        help="believe that more than 5 %% of the keys were deleted",
    )
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day; write it as 2026-01-31") from None


def _list(settings: Settings) -> None:
    for source in SOURCES:
        if settings.is_on(source):
            accounts = ", ".join(settings.accounts(source))
            say(f"{source.name}  on   {source.title}; {accounts}; {_age(settings, source)}")
        else:
            say(f"{source.name}  off  {source.title}; set {source.switch} to switch it on")
        say(f"  schema     {settings.schema(source)}")
        say(f"  tables     {', '.join(table.name for table in source.tables)}")
        say(f"  variables  {', '.join(variable.name for variable in source.variables)}")


def _age(settings: Settings, source: SourceSpec) -> str:
    if settings.loader_url_or_none is None:
        return "age unknown, WAREHOUSE_LOADER_URL is not set"
    with raw.connect(settings.loader_url) as connection:
        last = raw.last_applied(connection, settings.schema(source))
    return f"last load {last:%Y-%m-%d %H:%M:%S %Z}" if last else "never loaded"


def _init(settings: Settings) -> None:
    for schema in init(settings):
        say(f"{schema}: every declared table is there")


def _check(settings: Settings, name: str) -> bool:
    are_good = True
    for tried in check(name, settings):
        word = "ok" if tried.is_there else "no" if not tried.is_good else "--"
        say(f"  {word}  {name} {tried.account_name}  {tried.probe}: {tried.what}")
        are_good = are_good and tried.is_good
    return are_good


def _run(settings: Settings, name: str, full_refresh: bool) -> None:
    try:
        result = run_source(name, settings, full_refresh=full_refresh, on_progress=_say_progress)
    except PartlyDoneError as error:
        _say_result(error.done)
        raise
    _say_result(result)


def _say_result(result: RunResult) -> None:
    for table, rows in result.tables.items():
        say(f"  {result.source}.{table}: {rows} read, {result.changed[table]} changed in raw")
    for notice in result.notices:
        say(f"  notice  {notice}")
    if result.load_id:
        say(f"{result.source}: done in {result.seconds:.1f} s, load {result.load_id}")


def _backfill(settings: Settings, given: argparse.Namespace) -> None:
    rows = backfill(
        given.source,
        settings,
        given.first_day,
        given.last_day,
        tables=given.table,
        on_piece=_say_piece,
    )
    say(f"{given.source}: {given.first_day} to {given.last_day} read, {rows} changed in raw")


def _sweep(settings: Settings, name: str, accept_drop: bool) -> None:
    try:
        done = sweep(name, settings, accept_drop=accept_drop)
    except PartlyDoneError as error:
        _say_swept(name, error.done)
        raise
    _say_swept(name, done)


def _say_swept(name: str, done: list[Swept]) -> None:
    for table in done:
        say(
            f"  {name} {table.account_name} {table.table}: {table.asked} asked for, "
            f"{table.gone} gone, {table.mended} mended"
        )


def _say_progress(progress: Progress) -> None:
    state = "read" if progress.is_done else "so far"
    place = f"{progress.source}.{progress.table}"
    say(f"  {progress.seconds:6.1f} s  {place}: {progress.rows} rows {state}")


def _say_piece(piece: PieceDone) -> None:
    say(
        f"  {piece.account_name}  {piece.starts_at:%Y-%m-%d} to {piece.ends_at:%Y-%m-%d}: "
        f"{piece.rows} changed; {piece.done} of {piece.total}, "
        f"about {_spoken(piece.seconds_left)} left"
    )


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 refused with a sentence on stderr, 130 interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    given = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env()
        if given.command == "list":
            _list(settings)
        elif given.command == "init":
            _init(settings)
        elif given.command == "check":
            return 0 if _check(settings, given.source) else 1
        elif given.command == "run":
            _run(settings, given.source, given.full_refresh)
        elif given.command == "backfill":
            _backfill(settings, given)
        else:
            _sweep(settings, given.source, given.accept_drop)
    except IngestionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing half-read is visible\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
