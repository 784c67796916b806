"""`python -m ingestion list | init | run SOURCE`: the command line, and the outermost place where
errors end.

What belongs here: words on the screen and exit codes. What does not: any work.
"""

from __future__ import annotations

import argparse
import logging
import sys

from ingestion import landing, pipeline
from ingestion.catalog import SourceSpec
from ingestion.errors import IngestionError
from ingestion.settings import Settings
from ingestion.sources import SOURCES

EPILOG = """examples:
  python -m ingestion init                      create every raw table, also of sources that are off
  python -m ingestion list                      what is on, what is off and why, age of data
  python -m ingestion run amocrm                read what is new
  python -m ingestion run onec --full-refresh   read everything again; tables are never empty

A source is on when its first variable is set. `list` names the variables."""


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
    run = commands.add_parser("run", help="read one source now")
    run.add_argument("source", help=", ".join(source.name for source in SOURCES))
    run.add_argument(
        "--full-refresh",
        action="store_true",
        help="forget the cursors and read everything again; a table may come empty",
    )
    return parser


def _list(settings: Settings) -> None:
    for source in SOURCES:
        switch = source.variables[0]
        if settings.is_on(source):
            say(f"{source.name}  on   {source.title}; {_age(settings, source)}")
        else:
            say(f"{source.name}  off  {source.title}; set {switch.name} to switch it on")
        say(f"  schema     {settings.schema(source)}")
        say(f"  tables     {', '.join(table.name for table in source.tables)}")
        say(f"  variables  {', '.join(variable.name for variable in source.variables)}")


def _age(settings: Settings, source: SourceSpec) -> str:
    if settings.loader_url_or_none is None:
        return "age unknown, WAREHOUSE_LOADER_URL is not set"
    with landing.connect(settings.loader_url) as connection:
        last = landing.last_applied(connection, settings.schema(source))
    return f"last load {last:%Y-%m-%d %H:%M:%S %Z}" if last else "never loaded"


def _init(settings: Settings) -> None:
    for schema in pipeline.init(settings):
        say(f"{schema}: every declared table is there")


def _run(settings: Settings, name: str, full_refresh: bool) -> None:
    result = pipeline.run_source(
        name, settings, full_refresh=full_refresh, on_progress=_say_progress
    )
    for table, rows in result.tables.items():
        say(f"  {name}.{table}: {rows} read, {result.changed[table]} new, changed or removed")
    say(f"{name}: done in {result.seconds:.1f} s, load {result.load_id}")


def _say_progress(progress: pipeline.Progress) -> None:
    state = "read" if progress.is_done else "so far"
    place = f"{progress.source}.{progress.table}"
    say(f"  {progress.seconds:6.1f} s  {place}: {progress.rows} rows {state}")


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
        else:
            _run(settings, given.source, given.full_refresh)
    except IngestionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing of this run is visible\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
